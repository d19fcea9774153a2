//! What `serve` and `dev` have in common: servers, then a node, then the end of both.

use std::{process::ExitCode, sync::Arc};

use tokio::{runtime::Runtime, time::sleep};

use super::{Failure, servers::Servers};
use crate::{
    app::App,
    config::Settings,
    embedded::{Flavour, Progress},
    http::server::Server,
    mail::Way,
    node::{Node, NodeError, WATCH},
    shutdown::Shutdown,
};

/// Who cares for what the node stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// We do: what is missing is made, the database is brought up to date.
    OurOwn,
    Operators {
        migrate: bool,
    },
}

/// Serves until somebody ends it.
pub fn run(
    mut settings: Settings,
    flavour: Flavour,
    whose: Whose,
    prepare: impl AsyncFnOnce(&Arc<App>, &Progress) -> Result<(), NodeError>,
    serving: impl FnOnce(&Progress, &str),
) -> Result<ExitCode, Failure> {
    let progress = Progress::start();
    let runtime = Runtime::new()?;
    // A taken port is said before anything is started.
    let server = runtime.block_on(Server::bind(settings.http.address, "RAPPORT_HTTP_ADDR"))?;
    if whose == Whose::OurOwn {
        settings.master_key.ensure()?;
    }
    // A signal from here on ends this process at once, and its servers with it.
    let mut servers = Servers::start(&settings, flavour, &progress)?;
    let node = Node {
        settings,
        server,
        database_url: servers.database_url(),
        redis_url: servers.redis_url(),
        without_smtp: if whose == Whose::OurOwn { Way::Mailbox } else { Way::None },
        migrate: whose != Whose::Operators { migrate: false } || servers.own_database(),
    };
    let outcome = runtime.block_on(async {
        let shutdown = Shutdown::on_signals()?;
        let told = shutdown.clone();
        let tell = async {
            told.asked().await;
            progress.say("stopping");
            std::future::pending::<Failure>().await
        };
        let watch = async {
            loop {
                sleep(WATCH).await;
                if let Some(failure) = servers.ended() {
                    break failure;
                }
            }
        };
        let running = node.run(
            shutdown.clone(),
            &progress,
            async |app: &Arc<App>| prepare(app, &progress).await,
            |url: &str| serving(&progress, url),
        );
        tokio::select! {
            outcome = running => outcome.map_err(Failure::from),
            failure = watch => Err(failure),
            failure = tell => Err(failure),
        }
    });
    runtime.shutdown_background();
    drop(servers);
    outcome?;
    progress.say("stopped");
    Ok(ExitCode::SUCCESS)
}
