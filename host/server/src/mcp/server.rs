//! What the server says about itself, and which tool a call goes to.

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, Implementation, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};

use super::execute::{self, ExecuteTool};

const INSTRUCTIONS: &str = "Runs TypeScript and JavaScript in a sandbox made for each call, which \
    takes well under a millisecond to start. Prefer one program that computes, filters and \
    aggregates over many small calls: only what it returns comes back, and only \
    what it puts into `state` is kept between calls.";

/// The handler of all requests.
pub struct Server {
    execute: ExecuteTool,
    definition: Tool,
}

impl Server {
    /// A server that offers these tools.
    pub fn new(execute: ExecuteTool) -> Self {
        let definition = execute.definition();
        Self {
            execute,
            definition,
        }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(
                Implementation::new("vesicle", env!("CARGO_PKG_VERSION"))
                    .with_title("Vesicle code sandbox"),
            )
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![
            self.definition.clone(),
        ]))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        (name == execute::NAME).then(|| self.definition.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        match request.name.as_ref() {
            execute::NAME => Ok(self.execute.call(arguments, context).await.into()),
            unknown => Err(ErrorData::invalid_params(
                format!(
                    "there is no tool `{unknown}`; this server has `{}`",
                    execute::NAME
                ),
                None,
            )),
        }
    }
}
