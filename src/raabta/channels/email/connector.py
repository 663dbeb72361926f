"""The e-mail connector: renders, signs the links, builds the mail and hands it over."""

from __future__ import annotations

from dataclasses import dataclass, replace

from raabta.channels.email.mime import Unsubscribe, build
from raabta.channels.email.smtp import SmtpPool
from raabta.channels.model import Delivery, Failed, OutboxMessage
from raabta.channels.ports import Material
from raabta.channels.tracking import ClickToken, LeaveToken, Links, OpenToken, rewrite_links
from raabta.content.render import Rendered, RenderFailed, render
from raabta.core.clock import Instant


@dataclass(frozen=True)
class Tracking:
    opens: bool = True
    clicks: bool = True


class EmailConnector:
    """Sends through `pool`; links are made by `links`."""

    channel = "email"

    def __init__(self, pool: SmtpPool, links: Links, tracking: Tracking = Tracking()) -> None:
        self._pool = pool
        self._links = links
        self._tracking = tracking

    async def deliver(self, message: OutboxMessage, material: Material, at: Instant) -> Delivery:
        brand = material.brand
        try:
            rendered, leave = self.compose(message, material)
            unsubscribe = (
                None
                if message.message_class == "transactional"
                else Unsubscribe(leave, brand.unsubscribe_email)
            )
            mail = build(message, rendered, brand, at, unsubscribe)
        except RenderFailed as error:
            return Failed(str(error), "render")
        except ValueError as error:
            return Failed(str(error), "address")
        recipient = mail["To"].addresses[0].addr_spec
        return await self._pool.send(mail, mail["From"].addresses[0].addr_spec, recipient)

    async def rest(self) -> None:
        await self._pool.close()

    def compose(self, message: OutboxMessage, material: Material) -> tuple[Rendered, str]:
        """The rendered mail with its tracked links, and its unsubscribe address.

        Raises RenderFailed.
        """
        token = LeaveToken(
            message.id, message.profile, self.channel, message.topic, message.locale or ""
        )
        leave = self._links.leave(token)
        rendered = render(
            material.template,
            material.brand,
            message.locale,
            {"profile": material.profile, "event": material.event, "links": {"unsubscribe": leave}},
            default_locale=material.default_locale,
            timezone=material.timezone,
        )
        pixel = self._links.open(OpenToken(message.id, message.profile))

        def click(url: str) -> str:
            if not self._tracking.clicks:
                return url
            return self._links.click(ClickToken(message.id, message.profile, url))

        page = rewrite_links(
            rendered.html, click, pixel if self._tracking.opens else None, keep={leave}
        )
        return replace(rendered, html=page), leave
