"""Commands over HTTP: a route whose every request must carry Slack's signature."""

from http import HTTPStatus

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

EVENTS_PATH = "/slack/events"


# What taking a body apart may raise: no such charset, no object, or one nested without end.
NONSENSE = (ValueError, AttributeError, TypeError, LookupError, RecursionError)


def add_routes(app: web.Application, bolt: AsyncApp, signing_secret: str) -> None:
    """Serve the Bolt app at ``/slack/events``, for requests signed with the secret alone."""
    verifier = SignatureVerifier(signing_secret)

    async def receive(request: web.Request) -> web.StreamResponse:
        # Bolt takes the body apart before it looks at the signature: strangers get no further.
        if not _is_signed(verifier, await request.read(), request):
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        try:
            asked = await to_bolt_request(request)
        except NONSENSE:
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        return await to_aiohttp_response(await bolt.async_dispatch(asked))

    app.router.add_post(EVENTS_PATH, receive)


def _is_signed(verifier: SignatureVerifier, body: bytes, request: web.Request) -> bool:
    try:
        return verifier.is_valid_request(body, request.headers)
    except NONSENSE:
        # A time that is no number, a signature that is not ASCII, a body that is no UTF-8.
        return False
