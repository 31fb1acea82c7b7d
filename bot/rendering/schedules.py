"""Schedules in the reader's language."""

from babel.lists import format_list

from bot.domain.model import EVERY_DAY, WORKDAYS, EveryHours, Rule, Schedule
from bot.domain.schedule import write_clock
from bot.rendering.texts import Texts


def say_schedule(schedule: Schedule, texts: Texts) -> str:
    """Return when digests are due, and in which zone."""
    return texts.say("schedule.in_zone", when=say_rule(schedule.rule, texts), zone=schedule.zone)


def say_rule(rule: Rule, texts: Texts) -> str:
    """Return when digests are due: "every Monday and Thursday at 08:00"."""
    if isinstance(rule, EveryHours):
        return texts.count("schedule.hours", rule.hours, first=write_clock(rule.first))
    times = format_list([write_clock(clock) for clock in rule.times], locale=texts.locale)
    if rule.weekdays == EVERY_DAY:
        return texts.say("schedule.daily", times=times)
    if rule.weekdays == WORKDAYS:
        return texts.say("schedule.weekdays", times=times)
    names = texts.locale.days["format"]["wide"]
    days = format_list([names[day] for day in rule.weekdays], locale=texts.locale)
    return texts.say("schedule.weekly", days=days, times=times)
