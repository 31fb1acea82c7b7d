"""What people are told about what is stored of them."""

from bot.domain.people import Forgotten
from bot.rendering.texts import Texts


def tell_forgotten(gone: Forgotten, texts: Texts) -> str:
    """Return in words what was removed of a person."""
    if gone.nothing:
        return texts.say("care.nothing")
    return texts.say(
        "care.forgotten",
        direct=texts.number(gone.subscriptions),
        messages=texts.number(gone.messages),
        unnamed=texts.number(gone.unnamed),
    )
