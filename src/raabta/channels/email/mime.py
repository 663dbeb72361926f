"""The e-mail itself: RFC 5322 headers, and a text and an HTML part."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any, cast

from raabta.channels.model import OutboxMessage
from raabta.content.model import Brand
from raabta.content.render import Rendered
from raabta.core.clock import Instant, to_datetime


class _UriList(UnstructuredHeader):
    """A list of <addresses> that is folded between them and never inside.

    The standard folding would write a long address as an encoded word, which no mail program
    reads as an address.
    """

    name: str  # set by the registry, which mixes this class with str

    def fold(self, *, policy: Any) -> str:
        line: str = policy.linesep
        return f"{self.name}: " + str(self).replace(">, <", f">,{line} <") + line


def _registry() -> HeaderRegistry:
    registry = HeaderRegistry()
    registry.map_to_type("list-unsubscribe", cast(type[BaseHeader], _UriList))
    return registry


#: Seven-bit bodies, so that any relay passes them on unchanged (and signatures survive).
POLICY = EmailPolicy(linesep="\r\n", cte_type="7bit", header_factory=_registry())


@dataclass(frozen=True)
class Unsubscribe:
    """`url` takes RFC 8058's one-click POST; `address` is where a mail does the same."""

    url: str
    address: str | None = None


def message_id(message: OutboxMessage, brand: Brand) -> str:
    """The same for every attempt, so that a repeated delivery can be recognised."""
    domain = brand.sender.email.partition("@")[2]
    return f"<{message.id:016x}.raabta@{domain.encode('idna').decode()}>"


def decision_of(message_id: str) -> int | None:
    """The ledger row of a Message-ID that `message_id` made; None for any other."""
    found = re.match(r"<([0-9a-f]{16})\.raabta@", message_id)
    return int(found.group(1), 16) if found else None


def build(
    message: OutboxMessage,
    rendered: Rendered,
    brand: Brand,
    at: Instant,
    unsubscribe: Unsubscribe | None,
) -> EmailMessage:
    """The MIME message, dated `at`. Raises ValueError for an address that no header can carry."""
    mail = EmailMessage(policy=POLICY)
    mail["From"] = _mailbox(brand.sender.name, brand.sender.email)
    mail["To"] = Address(addr_spec=_ascii(message.address))
    if brand.reply_to:
        mail["Reply-To"] = _mailbox("", brand.reply_to)
    mail["Subject"] = rendered.subject
    mail["Date"] = format_datetime(to_datetime(at).replace(microsecond=0))
    mail["Message-ID"] = message_id(message, brand)
    # RFC 3834: nobody's holiday notice should answer a machine.
    mail["Auto-Submitted"] = "auto-generated"
    mail["Feedback-ID"] = ":".join(
        _word(part)
        for part in (message.journey, message.template, message.message_class, brand.name)
    )
    if unsubscribe:
        targets = [f"<{unsubscribe.url}>"]
        if unsubscribe.address:
            targets.append(f"<mailto:{unsubscribe.address}?subject=unsubscribe>")
        mail["List-Unsubscribe"] = ", ".join(targets)
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(rendered.text)
    mail.add_alternative(rendered.html, subtype="html")
    # Last, because set_content begins by dropping all Content- headers.
    mail["Content-Language"] = rendered.locale
    for part in mail.iter_parts():
        part["Content-Language"] = rendered.locale
    return mail


def _mailbox(name: str, address: str) -> Address:
    return Address(display_name=name, addr_spec=_ascii(address))


def _ascii(address: str) -> str:
    """The address with its domain as it travels (IDNA)."""
    local, at, domain = address.rpartition("@")
    if not at or not local.isascii() or any(c.isspace() for c in address):
        raise ValueError("the address cannot be written in a mail header")
    return f"{local}@{domain.encode('idna').decode()}"


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:60] or "-"
