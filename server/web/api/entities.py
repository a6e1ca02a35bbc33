"""Entity lists and entities."""

from __future__ import annotations

from server.web.api.rows import read_rows

# fmt: off
ROWS = read_rows("""
GET    P/datasets | dataset.list | deleted | | [EntityList] | Entity lists by name; the trash with ?deleted=true.
POST   P/datasets | dataset.create | | EntityListIn | EntityList | A new list.
GET    P/trash/datasets/{list_number}/entities.csv | entity.list | $filter | | csv | The entities of a list in the trash.
GET    D | dataset.read | | | EntityList | One list, with its properties and the forms that have to do with it.
PATCH  D | dataset.update | convert | EntityListChange? | EntityList | Changes its settings.
DELETE D | dataset.delete | | | Success | Moves it to the trash.
POST   D/properties | dataset.update | | ListPropertyIn | Success | A new property.
DELETE D/properties/{list_property} | dataset.update | | | Success | Takes one away that nobody uses.
GET    D/integrity | entity.list | id | | xml | OpenRosa: which entities are deleted; also for who reads a form that has the list.
GET    D/entities | entity.list | deleted | | [Entity] | Entities, newest first; the trash with ?deleted=true.
POST   D/entities | entity.create | | EntityIn | json | One entity, or many at once.
GET    D/entities.csv | entity.list | $filter $search | | csv | Every entity as a table.
GET    D/entities.geojson | entity.list | $filter $search | | json | Every entity on a map.
GET    D/entities/creators | entity.list | | | [Actor] | Who made any.
POST   D/entities/bulk-delete | entity.delete | | Uuids | Counted | Moves many to the trash.
POST   D/entities/bulk-restore | entity.restore | | Uuids | Counted | Takes them back from there.
GET    D/entities/{uuid} | entity.read | | | Entity | One entity.
PATCH  D/entities/{uuid} | entity.update | baseVersion force resolve | EntityChange? | Entity | A new version, or the end of a conflict.
DELETE D/entities/{uuid} | entity.delete | | | Success | Moves it to the trash.
POST   D/entities/{uuid}/restore | entity.restore | | | Success | Takes it back from there.
GET    D/entities/{uuid}/versions | entity.read | relevantToConflict | | [EntityVersion] | Every version, oldest first.
GET    D/entities/{uuid}/diffs | entity.read | | | [[json]] | What each version changed.
GET    D/entities/{uuid}/audits | entity.read | limit offset | | [Audit] | What happened to it, newest first.
GET    D/entities/{uuid}/geojson | entity.read | | | json | Where it is.
GET    D.svc | entity.list | | | OData | OData 4: the table.
GET    D.svc/$metadata | entity.list | | | xml | OData 4: its columns.
GET    D.svc/Entities | entity.list | $top $skip $skiptoken $count $filter $select $orderby $search | | OData | OData 4: its rows.
""")
# fmt: on
