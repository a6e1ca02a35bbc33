"""Where an answer has copies: which fields a calculation, a default or a trigger reads."""

from __future__ import annotations

import pytest

from forms.traits import read_traits


def form(calculate: str, more: str = "", here: str = "/data/p/greeting") -> bytes:
    return f"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
  xmlns:jr="http://openrosa.org/javarosa" xmlns:samleng="urn:samleng:xforms"><h:head><h:title>ទ</h:title><model>
  <instance><data id="f"><g><name/><tel/></g><other/><tablet/><yes/><p><pname/><greeting/></p>
   <meta><instanceID/></meta></data></instance>
  <bind nodeset="/data/tablet" jr:preload="property" jr:preloadParams="deviceid"/>
  <bind nodeset="/data/yes" samleng:consent=" Participate " samleng:sensitivity="internal"/>
  <bind nodeset="{here}" calculate="{calculate}"/>{more}</model></h:head>
  <h:body><group ref="/data/p"><repeat nodeset="/data/p"/></group></h:body></h:html>""".encode()


@pytest.mark.parametrize(
    ("calculate", "read"),
    [
        ("concat( /data/g/name , ' ', ../pname)", {"/g/name", "/p/pname"}),
        ("concat(current()/../pname, ../../other)", {"/p/pname", "/other"}),
        ("string(/data/g)", {"/g/name", "/g/tel"}),
        ("join(' ', /data/g/*)", {"/g/name", "/g/tel"}),
        ("string(//name)", {"/g/name"}),
        ("indexed-repeat( /data/p/pname , /data/p , 1)", {"/p/pname", "/p/greeting"}),
        ("/data/p[position() = 1]/pname", {"/p/pname"}),
        ("instance('x')/root/item[name = /data/g/tel ]/label", {"/g/tel"}),
        ("count(/data/p)", set()),
        ("count(/data/p[pname = 'x'])", set()),
        ("'/data/g/name'", set()),
        ("2 * 3 div 4", set()),
    ],
)
def test_what_a_calculation_reads(calculate: str, read: set[str]) -> None:
    found = read_traits(form(calculate)).sources["/p/greeting"]
    assert found == read - {"/p/greeting"}


def test_defaults_and_triggers_are_copies_too() -> None:
    more = '<setvalue event="xforms-value-changed" ref="/data/other" value="/data/g/name"/>'
    assert read_traits(form("1", more)).sources["/other"] == {"/g/name"}


def test_what_the_device_fills_in_and_what_a_question_says_of_itself() -> None:
    traits = read_traits(form("1"))
    assert traits.preloads == {"/tablet": "property deviceid"}
    assert (traits.consents, traits.levels) == ({"/yes": "participate"}, {"/yes": "internal"})
