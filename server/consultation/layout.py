"""Making the tables of consultation.db what the forms ask now: what only adds is added, all else is made anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from server.consultation.filling import SUBMITTER, SUBMITTER_NAME
from server.consultation.planning import FormPlan
from server.extracts.sheets import Labels
from server.hub import Hub
from server.store.consultation import ConsultationFile, Damaged
from server.store.consultation_source import names_held
from server.store.sheet_tables import insert_choices, insert_questions

HUB = "Hub"


def lay_out(file: ConsultationFile, plans: Mapping[int, FormPlan]) -> None:
    file.clear_words()
    for number, (kept, _) in file.held_forms().items():
        plan = plans.get(number)
        if plan is None or not _is_extended(kept, plan.kept()):
            file.drop_form(number, [table[0] for table in kept["tables"]])
    held = file.held_forms()
    for number, plan in plans.items():
        kept, upto = held.get(number, (None, 0))
        if kept is None:
            file.create_form(plan.tables)
        else:
            file.extend_form(plan.tables, {t[0]: [column[0] for column in t[3]] for t in kept["tables"]})
        file.keep_form(number, plan.kept(), upto)
        _tell(file, plan)


def _is_extended(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the tables of old are those of new without what comes at their ends."""
    if old["versions"] != new["versions"][: len(old["versions"])] or old["read_by"] != new["read_by"]:
        return False
    later = {table[0]: table for table in new["tables"]}
    return all(
        table[0] in later
        and table[:3] == later[table[0]][:3]
        and table[3] == later[table[0]][3][: len(table[3])]
        for table in old["tables"]
    )


def _tell(file: ConsultationFile, plan: FormPlan) -> None:
    form, root = plan.form, plan.root.name
    newest = plan.versions[-1]
    file.tell_form(
        (
            root,
            plan.project,
            form.project_id,
            form.xml_form_id,
            newest.schema.title,
            newest.name,
            form.state,
            sum(len(table.left_out) for table in plan.tables),
        ),
        [(v.number, v.name, moment) for v, moment in zip(plan.versions, plan.published, strict=True)],
    )
    labels: dict[int | None, dict[str, Labels]] = {
        v.number: {path: asked.labels for path, asked in v.asked.items()} for v in plan.versions
    }
    for version in plan.versions:
        labels[version.number] |= {path: {} for path in version.fields if path not in version.asked}
    for table in plan.tables:
        insert_questions(file.db, root, table, labels)
        insert_choices(file.db, root, table)
    file.create_views(plan.tables)


def rename(hub: Hub, file: ConsultationFile, plans: Mapping[int, FormPlan]) -> None:
    """What people and hubs are called now, in the rows that name them."""
    actors, hubs = names_held(hub.read())
    for number, name in file.names("actor").items():
        if number not in actors:
            file.forget_name("actor", number)  # whose last submission was withdrawn
        elif actors[number] != name:
            file.keep_names("actor", {number: actors[number]}, again=True)
            for plan in plans.values():
                file.rename(plan.root, SUBMITTER_NAME, actors[number], SUBMITTER, number)
    known = file.names("hub")
    totals = Counter(known.get(one, one) for one in {*known, *hubs})
    for one, name in hubs.items():
        before = known.get(one, one)
        if before != name:
            if totals[before] > 1:
                raise Damaged("two hubs of one name")  # whose rows are whose is not written in them
            for plan in plans.values():
                file.rename(plan.root, HUB, name, HUB, before)
    file.keep_names("hub", hubs, again=True)
