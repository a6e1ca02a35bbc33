"""What a form declares of entities, and each thing that is wrong with such a declaration."""

from __future__ import annotations

import pytest

from forms.entities import Entities, SavedField, is_dataset_name, is_property_name, read_entities
from forms.errors import FormFault
from forms.fields import read_schema

TREE = '<tree><kind/><meta><entity dataset="trees" id="" create=""><label/></entity></meta></tree>'


def xform(
    nodes: str, binds: str = "", version: str | None = "2024.1.0", repeat: str = "", more: str = ""
) -> bytes:
    said = f'entities:entities-version="{version}"' if version is not None else ""
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" '
        'xmlns:entities="http://www.opendatakit.org/xforms/entities"><h:head>'
        f'<model {said}><instance><data id="people" version="1">{nodes}<meta><instanceID/></meta></data></instance>'
        f'{binds}{more}</model></h:head><h:body><group><repeat nodeset="{repeat}"/></group></h:body></h:html>'
    ).encode()


def bind(path: str, name: str) -> str:
    return f'<bind nodeset="/data{path}" type="string" entities:saveto="{name}"/>'


def block(attributes: str = 'dataset="people" create=""') -> str:
    return f"<meta><entity {attributes} id=''><label/></entity></meta>"


def read(source: bytes) -> Entities | None:
    return read_entities(source, read_schema(source))


def fault(source: bytes) -> str:
    with pytest.raises(FormFault) as raised:
        read(source)
    assert raised.value.text("km") != raised.value.text("en")
    return raised.value.code


def test_a_form_at_large_makes_one_entity_of_its_answers() -> None:
    said = read(xform("<name/><age/><other/>" + block('dataset="អ្នក" create="" update=""').replace("អ្នក", "people"),
                      bind("/age", "years") + bind("/name", "full_name")))  # fmt: skip
    assert said is not None and said.version == "2024.1.0" and not said.is_old
    (one,) = said.declarations
    assert (one.dataset, one.actions, one.path, one.is_repeat) == ("people", ("create", "update"), "", False)
    assert one.fields == (SavedField("/name", "full_name"), SavedField("/age", "years")), "as the form asks"


def test_a_property_belongs_to_the_closest_declaration() -> None:
    nodes = f"<name/>{TREE}{block()}"
    binds = bind("/tree/kind", "species") + bind("/name", "full_name")
    said = read(xform(nodes, binds, "2025.1.0", repeat="/data/tree"))
    assert said is not None and said.datasets == ["trees", "people"]
    assert said.properties_of("trees") == ["species"] and said.properties_of("people") == ["full_name"]
    assert said.declarations[0].is_repeat and said.declarations[0].repeat_path == "/tree/"


def test_a_form_without_entities_or_with_sealed_answers_declares_none() -> None:
    assert read(xform("<name/>")) is None
    sealed = xform("<name/>" + block(), more='<submission base64RsaPublicKey="abc"/>')
    assert read(sealed) is None


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (xform(block(), version=None), "entities.no_version"),
        (xform(block(), version="2021.1.0"), "entities.version_unknown"),
        (xform(block(), version="2025.2.0"), "entities.version_unknown"),
        (xform(block(), version="2024.1"), "entities.version_unknown"),
        (xform(block('create=""')), "entities.no_dataset"),
        (xform(block('dataset="a.b" create=""')), "entities.bad_dataset"),
        (xform(block('dataset="__people" create=""')), "entities.bad_dataset"),
        (xform(block('dataset="people"')), "entities.no_action"),
        (xform("<name/>" + block(), bind("/name", "Label")), "entities.bad_property"),
        (xform("<a/><b/>" + block(), bind("/a", "x") + bind("/b", "X")), "entities.same_property"),
        (xform(TREE, version="2024.1.5", repeat="/data/tree"), "entities.version_repeats"),
        (xform(TREE + block(), version="2024.1.5"), "entities.version_repeats"),
        (
            xform("<r><a/></r>" + block(), bind("/r/a", "x"), "2025.1.0", repeat="/data/r"),
            "entities.repeat_outside",
        ),
    ],
)  # fmt: skip
def test_each_wrong_declaration_is_told_by_its_code(source: bytes, code: str) -> None:
    assert fault(source) == code


@pytest.mark.parametrize("version", ["2022.1.0", "2023.1.7"])
def test_versions_before_offline_work_are_taken_and_known_as_old(version: str) -> None:
    said = read(xform(block(), version=version))
    assert said is not None and said.is_old


def test_names_are_letters_of_any_alphabet_and_khmer_marks() -> None:
    assert is_dataset_name("កខ") and is_dataset_name("a:b-1") and is_dataset_name("ភូមិ_ស្រែ")
    assert not is_dataset_name("ិក") and is_property_name("ឈ្មោះ.1") and not is_property_name("ិក")
    assert (
        not is_dataset_name("a.b")
        and not is_dataset_name("1a")
        and not is_dataset_name("")
        and not is_dataset_name(7)
    )
    assert is_property_name("a.b-1") and not is_property_name("a:b") and not is_property_name("NAME")
    assert not is_property_name("a\n") and not is_dataset_name("a\n")
