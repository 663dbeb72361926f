"""A shop with twelve lived days: journeys that sent, put off and withheld, and difficult people."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from raabta.channels.catcher.server import Catcher
from raabta.channels.catcher.store import MailStore
from raabta.core.clock import DAY, HOUR, FixedClock, SystemClock
from raabta.runtime import workspace
from smallshop import BRAND, TEMPLATE, definitions, documents, person, track
from smallshop.life import Life

PEOPLE = 160
DAYS = 12

#: One person with more events than any page could hold.
BUSIEST, BUSY = "person-2", 50_000

#: The first people belong to one account.
GROUPED, ACCOUNT = 9, "mall-road"

#: Text that would break a careless page: markup, and an override that turns the line around.
MARKUP = "<img src=x onerror=alert(1)><b>Bold</b>"
OVERRIDE = "Ali \u202egnirts\u202c Khan"
LONG = "Nebuchadnezzar" * 12

POLICY = """policy: default
timezone: Asia/Karachi
caps:
  promotional: {max: 1, window: 7d}
quiet_hours: {start: "22:00", end: "07:00"}
holdout: 10%
touches:
  - {event: Letter Sent, channel: mail, name: campaign}
conversion: {event: Order Completed, revenue: total}
"""
FILES = {
    "policy.yaml": POLICY,
    "brand.yaml": BRAND,
    "segments/buyers.yaml": "segment: buyers\ndescription: Bought at least once.\n"
    "where: {did: Order Completed}\n",
    "segments/regulars.yaml": "segment: regulars\ndescription: Bought twice in ten days.\n"
    "where: {did: Order Completed, at_least: 2, within: 10d}\n",
    "segments/lahore.yaml": "segment: lahore\ndescription: >-\n  Lives in <b>Lahore</b>.\n"
    "where: {trait: city, is: Lahore}\n",
    "templates/welcome.yaml": TEMPLATE % ("welcome", "Welcome", "Good to see you,"),
    "templates/offer.yaml": TEMPLATE % ("offer", "An offer", "This week's offer is yours,"),
    "templates/thanks.yaml": TEMPLATE % ("thanks", "Thank you", "Thank you for your order,"),
    "journeys/welcome.yaml": """journey: welcome
description: Greets whoever signed up, and shows them an offer.
entry: {event: Signed Up, again: never}
goal: {event: Order Completed, within: 20d}
steps:
  - send: {template: welcome, class: triggered, topic: welcome}
  - wait: 1d
  - branch:
      - if: {segment: lahore}
        then:
          - send: {template: offer, topic: offers}
      - otherwise:
          - wait: 2d
          - send: {template: offer, topic: offers}
  - wait: {until: {event: Order Completed}, within: 5d}
""",
    "journeys/thanks.yaml": """journey: thanks
description: Says thank you.
entry: {event: Order Completed, again: after exit}
steps:
  - send: {template: thanks, topic: offers, patience: 2d}
  - wait: 3d
""",
}


@dataclass(frozen=True)
class Lived:
    home: Path
    folder: Path


def live(home: Path, folder: Path) -> Lived:
    """Let the days pass up to now, on a clock of their own; mails go to a catcher in `home`."""
    definitions(folder, FILES)
    chance = random.Random(7)
    now = SystemClock().now()
    store = MailStore(home / "mails.db")
    with Catcher(store, SystemClock()) as catcher:
        life = Life(home, FixedClock(now - DAYS * DAY), smtp_url=catcher.url)
        workspace.apply(life.engine, documents(folder))
        life.hour()
        for day in range(DAYS):
            life.happens(*_mornings(day, chance))
            for _ in range(5):
                life.clock.at += 4 * HOUR
                life.engine.step()
                life.send()
            life.clock.at += 4 * HOUR - (HOUR // DAYS + 1 if day == 0 else 0)
        for piece in range(BUSY // 2_500):
            many = [track(BUSIEST, "Page Viewed", page=n) for n in range(2_500)]
            life.happens(*many)
            life.clock.at = now - HOUR + piece
            life.engine.step()
        life.clock.at = now
        life.engine.step()
        life.send()
        life.close()
        life.engine.close()
    store.close()
    return Lived(home, folder)


def _mornings(day: int, chance: random.Random) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    names = {3: MARKUP, 4: OVERRIDE, 5: LONG, 6: "علی رضا"}
    for n in range(day * PEOPLE // DAYS, (day + 1) * PEOPLE // DAYS):
        user = f"person-{n}"
        name = names.get(n, f"Person {n}")
        city = ("Lahore", "Karachi", "Multan")[n % 3]
        found += person(user, first_name=name, city=city, about={"deep": [1, {"er": "yes"}]})
        found.append(track(user, "Signed Up", plan="free"))
        if n < GROUPED:
            found.append({"type": "group", "userId": user, "groupId": ACCOUNT})
    for n in range((day + 1) * PEOPLE // DAYS):
        user = f"person-{n}"
        if chance.random() < 0.12:
            found.append(track(user, "Order Completed", total=round(chance.uniform(5, 90), 2)))
        if chance.random() < 0.25:
            found.append(track(user, "Product Viewed", product=f"item-{chance.randrange(40)}"))
        if chance.random() < 0.04:
            found.append(track(user, "Letter Sent", campaign="spring"))
    return found
