"""Pages for people made from a form: HTML that stands alone, without script, font or picture from elsewhere."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from forms.texts import language_code
from i18n import catalogue


def render(template: str, lang: str, /, **values: Any) -> str:
    """A page of `forms/templates/` with its own sentences in `lang`."""
    return environment(lang).get_template(template).render(lang=lang, code=language_code, **values)


@cache
def environment(lang: str, package: str = "forms") -> Environment:
    """The templates of a package, with their own sentences in `lang`; one for each package and language."""
    made = Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    texts = catalogue(lang)
    made.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return made
