//! Which servers a command uses: the ones that settings name, else private ones in the data directory.

use rapport_tenancy::SecretString;

use super::Failure;
use crate::{
    config::Settings,
    embedded::{Error, Flavour, Home, Keep, Postgres, Progress, Redis},
};

/// What to do when there is no private database yet.
#[derive(Clone, Copy)]
pub enum Missing {
    Make,
    Refuse,
}

/// Servers for as long as this lives.
pub struct Servers {
    // In the order in which they end.
    postgres: Option<Postgres>,
    _redis: Option<Redis>,
    _home: Option<Home>,
    database_url: SecretString,
    redis_url: Option<SecretString>,
}

impl Servers {
    /// For the gateway: starts what settings do not name.
    pub fn start(settings: &Settings, flavour: Flavour, progress: &Progress) -> Result<Self, Failure> {
        let (named_database, named_redis) = (settings.database.url.clone(), settings.redis_url.clone());
        let home = if named_database.is_some() && named_redis.is_some() {
            None
        } else {
            Some(Home::open(&settings.embedded, Keep::Always, progress)?)
        };
        let (mut postgres, mut redis) = (None, None);
        if let Some(home) = &home {
            if named_database.is_none() {
                postgres = Some(Postgres::start(home, flavour, progress)?);
            }
            if named_redis.is_none() {
                redis = Redis::start(home, progress)?;
                if redis.is_none() {
                    progress.say(
                        "no Redis: neither `redis-server` nor `valkey-server` is here, so limits are counted in this process",
                    );
                }
            }
        }
        let database_url = named_database
            .or_else(|| postgres.as_ref().map(|postgres| postgres.url().clone()))
            .ok_or_else(|| Failure::new("there is no database"))?;
        let redis_url = named_redis.or_else(|| redis.as_ref().map(|redis| redis.url().clone()));
        Ok(Self { postgres, _redis: redis, _home: home, database_url, redis_url })
    }

    /// For a command beside the gateway: the database that settings name, or that runs in the data directory already, or
    /// one started for this command.
    pub fn reach(settings: &Settings, missing: Missing, progress: &Progress) -> Result<Self, Failure> {
        let only = |database_url| Self { postgres: None, _redis: None, _home: None, database_url, redis_url: None };
        if let Some(url) = settings.database.url.clone() {
            return Ok(only(url));
        }
        let there = Postgres::made_in(&Home::place(&settings.embedded)?);
        let flavour = match (there, missing) {
            (Some(flavour), _) => flavour,
            (None, Missing::Make) => Flavour::Embedded,
            (None, Missing::Refuse) => {
                return Err(Failure::new(format!(
                    "there is nothing yet: no database in {} and none named in RAPPORT_DATABASE_URL; `rapport dev` makes one",
                    settings.embedded.data_dir.display()
                )));
            }
        };
        match Home::open(&settings.embedded, Keep::Always, progress) {
            Ok(home) => {
                let postgres = Postgres::start(&home, flavour, progress)?;
                let database_url = postgres.url().clone();
                Ok(Self { postgres: Some(postgres), _redis: None, _home: Some(home), database_url, redis_url: None })
            }
            Err(Error::InUse { path, holder }) => {
                Ok(only(Postgres::running(&path).ok_or(Error::InUse { path, holder })?))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub fn database_url(&self) -> SecretString {
        self.database_url.clone()
    }

    pub fn redis_url(&self) -> Option<SecretString> {
        self.redis_url.clone()
    }

    /// Whether the database is one of our own.
    pub fn own_database(&self) -> bool {
        self.postgres.is_some()
    }

    /// Says why, when a server of our own has ended although nobody stopped it.
    pub fn ended(&mut self) -> Option<Failure> {
        // Redis may be lost: the gateway counts by itself then.
        let reason = self.postgres.as_mut()?.ended()?;
        Some(Failure::new(format!("PostgreSQL ended by itself: {reason} (its log is in the data directory)")))
    }
}
