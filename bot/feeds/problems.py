"""Why a feed could not be had, in the user's words, with the mend."""

import socket
import ssl

import aiohttp

from bot.feeds.network import PRIVATE

# OpenSSL's verification results (x509_vfy.h) that a user can tell apart.
CERTIFICATE_PROBLEMS = {
    9: "its certificate is not valid yet: check this machine's clock",
    10: "its certificate has expired: tell its publisher, or use another address",
    18: "its certificate is self-signed: use an address with a certificate that is trusted",
    19: "its certificate comes from an authority that is not trusted here",
    20: "its certificate comes from an authority that is not trusted here",
    21: "its certificate comes from an authority that is not trusted here",
    23: "its certificate has been revoked: tell its publisher, or use another address",
    62: "its certificate is for another host: check the address",
    64: "its certificate is for another host: check the address",
}

STATUS_PROBLEMS = {
    401: "asks for a user and a password (401): put them into the feed's address",
    402: "asks for payment (402): use another feed",
    403: "refuses to serve this feed (403): the publisher may block bots; use another address",
    404: "has no feed at this address (404): look on its site for the new one",
    406: "does not serve this feed to feed readers (406): use another address",
    429: "asks to be polled less often (429): it is left alone for a while",
    451: "may not serve this feed for legal reasons (451): use another feed",
    503: "is overloaded or under maintenance (503): it is tried again later",
}

PRIVATE_ADDRESS = (
    "{host} leads into a private network, where no feed is read; "
    "to allow it, add its network to STRAIT_ALLOW_NETWORKS."
)
TOO_LARGE = "{host} answers more than {megabytes:.0f} MB: that is no news feed; check the address."
TOO_SLOW = "{host} did not answer in time: it is tried again later."
TOO_MANY_REDIRECTS = "{host} redirects more than {hops} times: look for the feed's new address."
REDIRECT_LOOP = "{host} redirects in a circle: look for the feed's new address."
REDIRECT_NOWHERE = "{host} redirects to something that is no web address: check the feed's address."
NOT_A_FEED_URL = "{host} is no address that can be polled: it must begin with http:// or https://."
CUT_OFF = "{host} ended the connection before the feed was whole: it is tried again later."
NOT_HTTP = "{host} does not speak HTTP correctly: check the feed's address."


def status_problem(host: str, status: int) -> str:
    """Return the words for an HTTP status that is no success."""
    if words := STATUS_PROBLEMS.get(status):
        return f"{host} {words}."
    if status >= 500:  # noqa: PLR2004 - HTTP's own classes
        return f"{host} has an error of its own ({status}): it is tried again later."
    return f"{host} refuses the request ({status}): check the feed's address."


def connection_problem(host: str, error: Exception) -> str:
    """Return the words for an error of aiohttp's; what the error itself says is not shown."""
    match error:
        case aiohttp.ClientConnectorCertificateError(certificate_error=cause):
            return _certificate_problem(host, cause)
        case aiohttp.ClientSSLError():
            return f"{host} cannot be reached securely (TLS): check whether its address is right."
        case aiohttp.ClientConnectorDNSError():
            return f"{host} is not known (DNS): check the address and this machine's network."
        case aiohttp.ClientConnectorError(os_error=cause):
            return _socket_problem(host, cause)
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
            return NOT_HTTP.format(host=host)
        case _:
            return CUT_OFF.format(host=host)


def _certificate_problem(host: str, cause: Exception) -> str:
    code = cause.verify_code if isinstance(cause, ssl.SSLCertVerificationError) else 0
    words = CERTIFICATE_PROBLEMS.get(code, "its certificate cannot be trusted")
    return f"{host} cannot be reached securely: {words}."


def _socket_problem(host: str, cause: OSError) -> str:
    if PRIVATE in str(cause):
        return PRIVATE_ADDRESS.format(host=host)
    if isinstance(cause, socket.gaierror):
        return f"{host} is not known (DNS): check the address and this machine's network."
    if isinstance(cause, ConnectionRefusedError):
        return f"{host} refuses the connection: check the address and its port."
    return f"{host} cannot be reached: check the address and this machine's network."
