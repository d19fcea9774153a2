use rapport_tenancy::{CreatePersonError, NewPerson, testing::TestDatabase};

fn new(email: &str) -> NewPerson {
    NewPerson { email: email.to_owned(), name: "Ana".to_owned(), password_hash: None }
}

#[tokio::test]
async fn an_address_belongs_to_one_person_whatever_its_letter_case() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let ana = tenancy.create_person(new("Ana@Example.com")).await.unwrap();

    let again = tenancy.create_person(new("ana@example.COM")).await.unwrap_err();

    assert!(matches!(again, CreatePersonError::EmailTaken));
    tenancy.set_password_hash(ana.id, "$argon2id$...").await.unwrap();
    let found = tenancy.person_by_email("ANA@example.com").await.unwrap().expect("found");
    assert_eq!((found.id, found.password_hash.as_deref()), (ana.id, Some("$argon2id$...")));
    assert_eq!(tenancy.person(ana.id).await.unwrap().unwrap().email, "Ana@Example.com");
    assert!(tenancy.person_by_email("nobody@example.com").await.unwrap().is_none());
    assert!(!format!("{found:?}").contains("argon2"), "a hash was printed");
}

#[tokio::test]
async fn the_first_signing_key_of_an_id_stays() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    tenancy.add_signing_key("one", "first").await.unwrap();
    tenancy.add_signing_key("one", "second").await.unwrap();
    tenancy.add_signing_key("two", "third").await.unwrap();

    let keys = tenancy.signing_keys().await.unwrap();

    assert_eq!(keys.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>(), ["two", "one"]);
    assert!(!format!("{keys:?}").contains("first"), "a private key was printed");
}
