"""The nouns of content, as they are written in YAML: a template and a brand kit."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field

from raabta.content.locales import locale_name


def _address(text: str) -> str:
    try:
        # Reserved test domains pass: the demo and a shop's rehearsal send to them.
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(f"not an e-mail address: {error}") from None
    return found.normalized


def _web_address(text: str) -> str:
    if not text.startswith(("https://", "http://")) or any(c.isspace() for c in text):
        raise ValueError("not a web address: it must begin with https:// or http://")
    return text


def _colour(text: str) -> str:
    digits = text.removeprefix("#")
    if (
        len(digits) not in (3, 6)
        or digits == text
        or not all(c in "0123456789abcdefABCDEF" for c in digits)
    ):
        raise ValueError("not a colour: write it as #1f4e79")
    return text


def _one_line(text: str) -> str:
    if any(ord(c) < 32 or c in "\x7f\u2028\u2029" for c in text):
        raise ValueError("must be one line without control characters")
    return text


Address = Annotated[str, AfterValidator(_address)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Colour = Annotated[str, AfterValidator(_colour)]
Line = Annotated[str, AfterValidator(_one_line)]
LocaleName = Annotated[str, AfterValidator(locale_name)]
LinkName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Definition(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mail(_Definition):
    """One language's words of an e-mail template."""

    subject: str = Field(description="Liquid; one line")
    body: str = Field(description="MJML with Liquid: a whole <mjml>, or just its sections")
    preheader: str = Field("", description="Liquid; the line an inbox shows after the subject")
    text: str = Field("", description="Liquid; the plain-text part, made from the body if absent")


class Template(_Definition):
    """A message in one or more languages.

    It has no class of its own: whether it is promotional is said where it is sent.
    """

    name: str = Field(validation_alias=AliasChoices("template", "name"), min_length=1)
    channel: Literal["email"] = "email"
    description: str = ""
    locales: dict[LocaleName, Mail] = Field(min_length=1)


class BrandSender(_Definition):
    name: Line = Field(min_length=1)
    email: Address


class Colours(_Definition):
    primary: Colour = "#1f4e79"
    on_primary: Colour = "#ffffff"
    text: Colour = "#222222"
    muted: Colour = "#666666"
    background: Colour = "#f4f4f4"
    surface: Colour = "#ffffff"


class Brand(_Definition):
    """Who speaks: the sender, the look, and the facts every mail must carry."""

    name: Line = Field(validation_alias=AliasChoices("brand", "name"), min_length=1)
    title: Line = Field("", description="the name customers know; the brand's name if absent")
    sender: BrandSender
    reply_to: Address | None = None
    address: Line = Field(min_length=1, description="the postal address anti-spam laws ask for")
    website: WebAddress | None = None
    support_email: Address | None = None
    unsubscribe_email: Address | None = None
    logo_url: WebAddress | None = None
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$")
    colours: Colours = Colours()
    font: Line = "Helvetica, Arial, sans-serif"
    fonts: dict[LocaleName, Line] = Field(
        default_factory=dict, description="font stacks of single languages, as ur"
    )
    links: dict[LinkName, WebAddress] = Field(default_factory=dict)

    def font_for(self, locale: str) -> str:
        language = locale.partition("-")[0]
        return self.fonts.get(locale) or self.fonts.get(language) or self.font

    def fields(self) -> dict[str, Any]:
        """What templates see as `brand`; fields without a value are left out."""
        shown = self.model_dump(exclude_none=True, exclude={"fonts", "links"})
        return {**shown, "title": self.title or self.name}
