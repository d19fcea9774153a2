//! What every table of a tenant's schema must have, read from the catalog, so that a migration that forgets it fails.

use rapport_tenancy::testing::TestDatabase;

use crate::support::{home, role_of, schema_of};

#[tokio::test]
async fn every_table_of_a_tenant_is_as_it_should_be() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, _) = home(&tenancy, "Acme").await;
    let (schema, role) = (schema_of(acme.id), role_of(acme.id));
    let owner = database.owner().await;

    let tables = "
        SELECT c.relname::text,
          EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p') AS has_key,
          pg_get_userbyid(c.relowner) = current_user AS is_the_owners,
          (SELECT string_agg(p, ',' ORDER BY p) FROM unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','REFERENCES','TRIGGER']) p
            WHERE has_table_privilege($2, c.oid, p)) AS rights,
          has_table_privilege('public', c.oid, 'SELECT') AS is_public
        FROM pg_class c WHERE c.relnamespace = $1::text::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1";
    let rows = owner.query(tables, &[&schema, &role]).await.unwrap();
    assert!(rows.len() >= 10);
    for row in rows {
        let table: String = row.get(0);
        let wanted = match table.as_str() {
            "event" | "audit_seal" | "log_epoch" => Some("INSERT,SELECT"),
            "schema_migration" => None,
            _ => Some("DELETE,INSERT,SELECT,UPDATE"),
        };
        assert!(row.get::<_, bool>(1), "{table} has no primary key");
        assert!(row.get::<_, bool>(2), "{table} is not owned by the owner of the database");
        assert_eq!(row.get::<_, Option<&str>>(3), wanted, "rights on {table}");
        assert!(!row.get::<_, bool>(4), "{table} is public");
    }

    let leaving = "
        SELECT conname::text FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class o ON o.oid = k.confrelid
        WHERE k.contype = 'f' AND t.relnamespace = $1::text::regnamespace AND o.relnamespace <> t.relnamespace";
    assert_eq!(
        names(&owner.query(leaving, &[&schema]).await.unwrap()),
        Vec::<String>::new(),
        "foreign keys that leave the schema"
    );

    let own = "
        SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = $1::text::regnamespace
        UNION ALL SELECT 'type ' || typname FROM pg_type t WHERE typnamespace = $1::text::regnamespace AND typtype IN ('e', 'd')
        UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
          WHERE c.relnamespace = $1::text::regnamespace AND NOT tgisinternal
            -- What they do is a function of the shared schema.
            AND (SELECT pronamespace::regnamespace::text FROM pg_proc WHERE oid = tgfoid) <> 'rapport'";
    assert_eq!(
        names(&owner.query(own, &[&schema]).await.unwrap()),
        Vec::<String>::new(),
        "belongs in the shared schema"
    );

    let role_sees = "
        SELECT nspname::text FROM pg_namespace WHERE has_schema_privilege($1, oid, 'USAGE') AND nspname !~ '^pg_' ORDER BY 1";
    assert_eq!(
        names(&owner.query(role_sees, &[&role]).await.unwrap()),
        ["information_schema", "public", "rapport", schema.as_str()]
    );
}

fn names(rows: &[tokio_postgres::Row]) -> Vec<String> {
    rows.iter().map(|row| row.get(0)).collect()
}
