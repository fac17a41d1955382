//! What we are to a server: a client that follows its list of tools and does nothing else for it.

use std::sync::Arc;

use rmcp::ClientHandler;
use rmcp::model::{ClientCapabilities, ClientConfig, Implementation};
use rmcp::service::{NotificationContext, RoleClient};
use tokio::sync::Notify;

/// Answers a server's requests. It has no model to sample, no directories to offer and nobody to ask, and says so in its
/// capabilities.
#[derive(Debug, Clone)]
pub struct Client {
    tools_changed: Arc<Notify>,
}

impl Client {
    /// One that wakes `tools_changed` when the server says that its tools are others.
    pub fn new(tools_changed: Arc<Notify>) -> Self {
        Self { tools_changed }
    }
}

impl ClientHandler for Client {
    fn get_info(&self) -> ClientConfig {
        let implementation = Implementation::new("vesicle", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), implementation)
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        // However often it is said before we look, we look once.
        self.tools_changed.notify_one();
    }
}
