"""A server that asks for an OAuth login, and its own authorization server, which lets everybody in, or nobody.

python oauth.py PORT SECONDS [refuse]; the second is how long a token is good for. With `refuse`, the person
says no each time.
"""

import secrets
import sys
import time

from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    AuthorizeError,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.server.mcpserver import MCPServer
from mcp.shared.auth import OAuthToken

PORT, SECONDS = int(sys.argv[1]), int(sys.argv[2])
BASE = f"http://127.0.0.1:{PORT}"


class Everybody(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    def __init__(self):
        self.clients, self.codes, self.refresh_tokens, self.access_tokens = {}, {}, {}, {}
        self.refreshed = 0

    async def get_client(self, client_id):
        return self.clients.get(client_id)

    async def register_client(self, client_info):
        self.clients[client_info.client_id] = client_info

    async def authorize(self, client, params: AuthorizationParams):
        if "refuse" in sys.argv[3:]:
            raise AuthorizeError("access_denied", "The person said no.")
        code = secrets.token_hex(16)
        self.codes[code] = AuthorizationCode(
            code=code,
            scopes=params.scopes or [],
            expires_at=time.time() + 60,
            client_id=client.client_id,
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        return construct_redirect_uri(str(params.redirect_uri), code=code, state=params.state)

    async def load_authorization_code(self, client, authorization_code):
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(self, client, authorization_code):
        del self.codes[authorization_code.code]
        return self.tokens(client, authorization_code)

    async def load_refresh_token(self, client, refresh_token):
        return self.refresh_tokens.get(refresh_token)

    async def exchange_refresh_token(self, client, refresh_token, scopes):
        # Good for one use.
        del self.refresh_tokens[refresh_token.token]
        self.refreshed += 1
        return self.tokens(client, refresh_token)

    async def load_access_token(self, token):
        known = self.access_tokens.get(token)
        return known if known and known.expires_at > time.time() else None

    async def revoke_token(self, token):
        pass

    def tokens(self, client, grant):
        access, refresh = secrets.token_hex(16), secrets.token_hex(16)
        common = {"client_id": client.client_id, "scopes": grant.scopes, "resource": grant.resource}
        self.access_tokens[access] = AccessToken(token=access, expires_at=int(time.time()) + SECONDS, **common)
        self.refresh_tokens[refresh] = RefreshToken(token=refresh, **common)
        return OAuthToken(access_token=access, refresh_token=refresh, expires_in=SECONDS, scope=" ".join(grant.scopes))


provider = Everybody()
server = MCPServer(
    "oauth",
    auth_server_provider=provider,
    auth=AuthSettings(
        issuer_url=BASE,
        resource_server_url=f"{BASE}/mcp",
        client_registration_options=ClientRegistrationOptions(enabled=True),
    ),
)


@server.tool()
def refreshed() -> int:
    """How often a token was renewed."""
    return provider.refreshed


server.run("streamable-http", port=PORT)
