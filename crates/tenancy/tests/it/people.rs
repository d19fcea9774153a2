use chrono::{DateTime, Duration, Utc};
use futures::future::join_all;
use rapport_tenancy::{
    Challenge, CreatePersonError, Key, KeyError, NewPerson, NewSigningKey, PrivateKey, SecondFactorError, Settings,
    Tenancy,
    testing::{MASTER_KEY, TestDatabase, master_keys},
};

fn new(email: &str) -> NewPerson {
    NewPerson { email: email.to_owned(), name: "Ana".to_owned(), password_hash: Some("$argon2id$...".to_owned()) }
}

#[tokio::test]
async fn an_address_belongs_to_one_person_whatever_its_letter_case() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let ana = tenancy.create_person(new("Ana@Example.com")).await.unwrap();

    let again = tenancy.create_person(new("ana@example.COM")).await.unwrap_err();

    assert!(matches!(again, CreatePersonError::EmailTaken));
    let found = tenancy.person_by_email("ANA@example.com").await.unwrap().expect("found");
    assert_eq!((found.id, found.password_hash.as_deref()), (ana.id, Some("$argon2id$...")));
    assert!(!tenancy.renew_password_hash(ana.id, "another", "$argon2id$new").await.unwrap());
    assert!(tenancy.renew_password_hash(ana.id, "$argon2id$...", "$argon2id$new").await.unwrap());
    assert_eq!(tenancy.person(ana.id).await.unwrap().unwrap().email, "Ana@Example.com");
    assert!(tenancy.person_by_email("nobody@example.com").await.unwrap().is_none());
    assert!(!format!("{found:?}").contains("argon2"), "a hash was printed");
}

#[tokio::test]
async fn of_nodes_that_add_a_signing_key_at_once_one_does() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let now = Utc::now();
    assert!(tenancy.add_signing_key(None, signing_key("one", now)).await.unwrap());
    let next = now + Duration::days(90);
    let adding = (0..10).map(|node| {
        let tenancy = tenancy.clone();
        let new = signing_key(&format!("two-{node}"), next);
        tokio::spawn(async move { tenancy.add_signing_key(Some("one"), new).await.unwrap() })
    });
    let added = join_all(adding).await.into_iter().filter(|added| *added.as_ref().unwrap()).count();

    let keys = tenancy.signing_keys().await.unwrap();

    assert_eq!((added, keys.len(), keys[0].kid.as_str()), (1, 2, "one"));
    assert!(matches!(&keys[0].private, PrivateKey::Seed(seed) if *seed.bytes() == [7; 32]));
    assert!(!format!("{keys:?}").contains("7, 7"), "a private key was printed");
}

#[tokio::test]
async fn a_signing_key_is_wrapped_where_there_is_a_master_key_and_follows_it() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let ana = tenancy.create_person(new("ana@example.com")).await.unwrap();
    tenancy.add_signing_key(None, signing_key("one", Utc::now())).await.unwrap();
    assert!(tenancy.start_second_factor(ana.proved(), &Key::new([9; 32])).await.unwrap());
    let plain = "SELECT count(*) FROM control.signing_keys WHERE private_pem IS NOT NULL";
    let plain: i64 = database.owner().await.query_one(plain, &[]).await.unwrap().get(0);
    assert_eq!(plain, 0);

    let newer = format!("newer:{}", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    let both = Settings { master_keys: Some(master_keys(&format!("{newer}\n{MASTER_KEY}"))), ..database.settings() };
    let both = Tenancy::connect(both).await.unwrap();
    assert_eq!(both.rewrap_data_keys().await.unwrap().secrets, 2);
    assert_eq!(both.rewrap_data_keys().await.unwrap().secrets, 0);

    let newest = Settings { master_keys: Some(master_keys(&newer)), ..database.settings() };
    let newest = Tenancy::connect(newest).await.unwrap();
    assert!(
        matches!(&newest.signing_keys().await.unwrap()[0].private, PrivateKey::Seed(seed) if *seed.bytes() == [7; 32])
    );
    assert_eq!(*newest.second_factor(ana.id).await.unwrap().expect("a factor").secret.bytes(), [9; 32]);
    // The one before opens nothing any more: what the key signed is still known by its public half.
    assert!(
        matches!(&tenancy.signing_keys().await.unwrap()[0].private, PrivateKey::Closed(public) if *public == [8; 32])
    );

    let keyless = TestDatabase::create().await;
    let none = Settings { master_keys: None, ..keyless.settings() };
    let none = Tenancy::connect(none).await.unwrap();
    none.add_signing_key(None, signing_key("one", Utc::now())).await.unwrap();
    assert!(matches!(&none.signing_keys().await.unwrap()[0].private, PrivateKey::Pem(_)));
    let ben = none.create_person(new("ben@example.com")).await.unwrap();
    assert!(matches!(
        none.start_second_factor(ben.proved(), &Key::random()).await,
        Err(SecondFactorError::Key(KeyError::NoMasterKey))
    ));
}

#[tokio::test]
async fn a_master_key_wraps_what_lay_plain_and_one_broken_secret_keeps_no_other_waiting() {
    let database = TestDatabase::create().await;
    let plain = Settings { master_keys: None, ..database.settings() };
    let plain = Tenancy::connect(plain).await.unwrap();
    plain.add_signing_key(None, signing_key("one", Utc::now())).await.unwrap();
    let tenancy = database.tenancy().await;
    for name in ["ana", "ben", "eve"] {
        let person = tenancy.create_person(new(&format!("{name}@example.com"))).await.unwrap();
        assert!(tenancy.start_second_factor(person.proved(), &Key::new([9; 32])).await.unwrap());
    }
    let owner = database.owner().await;
    let spoil = "UPDATE control.second_factors SET wrapped = 'spoilt' WHERE person_id =
                 (SELECT id FROM control.people WHERE email = 'ana@example.com')";
    owner.execute(spoil, &[]).await.unwrap();

    let newer = format!("newer:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n{MASTER_KEY}");
    let newer = Settings { master_keys: Some(master_keys(&newer)), ..database.settings() };
    let newer = Tenancy::connect(newer).await.unwrap();
    let done = newer.rewrap_data_keys().await.unwrap();

    assert_eq!((done.secrets, done.failed.len()), (3, 1), "{:?}", done.failed);
    assert!(done.failed[0].0.starts_with("second factor of person"), "{:?}", done.failed);
    assert!(
        matches!(&newer.signing_keys().await.unwrap()[0].private, PrivateKey::Seed(seed) if *seed.bytes() == [7; 32])
    );
    let kept = owner.query_one("SELECT private_pem, length(public_key) FROM control.signing_keys", &[]).await.unwrap();
    assert_eq!((kept.get::<_, Option<String>>(0), kept.get::<_, i32>(1)), (None, 32));
}

#[tokio::test]
async fn codes_and_challenges_count_once() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let person = tenancy.create_person(new("ana@example.com")).await.unwrap();
    let ana = person.id;
    assert!(tenancy.start_second_factor(person.proved(), &Key::random()).await.unwrap());
    assert!(tenancy.second_factor_state(ana).await.unwrap().is_none());
    let codes: Vec<_> = (0..10).map(|code| [code; 32]).collect();
    assert!(tenancy.confirm_second_factor(ana, 100, &codes, &[]).await.unwrap());
    assert!(!tenancy.confirm_second_factor(ana, 101, &codes, &[]).await.unwrap());
    assert!(!tenancy.start_second_factor(person.proved(), &Key::random()).await.unwrap());

    assert!(!tenancy.spend_step(ana, 100).await.unwrap());
    let spending = (0..20).map(|_| tenancy.spend_step(ana, 101));
    let spent = join_all(spending).await.into_iter().filter(|spent| *spent.as_ref().unwrap()).count();
    assert_eq!(spent, 1);
    assert!(!tenancy.spend_step(ana, 99).await.unwrap());

    let spending = (0..20).map(|_| tenancy.spend_recovery_code(ana, [3; 32], &[]));
    let spent = join_all(spending).await.into_iter().filter(|spent| *spent.as_ref().unwrap()).count();
    assert_eq!((spent, tenancy.second_factor_state(ana).await.unwrap().unwrap().recovery_codes), (1, 9));
    tenancy.renew_recovery_codes(person.proved(), &[[50; 32]]).await.unwrap();
    assert!(!tenancy.has_recovery_code(ana, [4; 32]).await.unwrap());
    assert!(tenancy.has_recovery_code(ana, [50; 32]).await.unwrap());

    let challenge = || Challenge { by: person.proved(), workspace: Some("acme".to_owned()) };
    tenancy.open_challenge([1; 32], challenge(), Utc::now() + Duration::minutes(5)).await.unwrap();
    tenancy.open_challenge([2; 32], challenge(), Utc::now()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(tenancy.try_challenge([1; 32], 3).await.unwrap().unwrap().by, person.proved());
    }
    assert!(tenancy.try_challenge([1; 32], 3).await.unwrap().is_none());
    assert!(tenancy.try_challenge([2; 32], 3).await.unwrap().is_none());
    assert_eq!(tenancy.forget_challenges().await.unwrap(), 1);
    assert!(tenancy.end_challenge([1; 32]).await.unwrap());
    assert!(!tenancy.end_challenge([1; 32]).await.unwrap());

    tenancy.remove_second_factor(person.proved(), &[]).await.unwrap();
    assert!(!tenancy.reset_second_factor(ana, &[]).await.unwrap());
    assert!(!tenancy.has_recovery_code(ana, [50; 32]).await.unwrap());
}

/// The key whose 32 bytes are sevens.
const PEM: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH
-----END PRIVATE KEY-----
";

fn signing_key(kid: &str, signs_from: DateTime<Utc>) -> NewSigningKey {
    NewSigningKey {
        kid: kid.to_owned(),
        seed: Key::new([7; 32]),
        public: [8; 32],
        pem: PEM.to_owned().into(),
        signs_from,
    }
}
