"""What the document cannot say: which things there are. Of four calls three name something real, the fourth what was made up.

KNOWN: as JSON, a list of visits, each with what there is of it by name. A name may say where it counts (`path.`, `query.`, `body.`), or for
which operation alone (`GET /calendar/{file} file`); the name of an operation stands for its whole body, which one call in four takes.
SHOWS_LINK: whoever asks shows the link of the visit that is named.
TALLY: a file for how each operation was answered.
"""

import atexit
import json
import os

import schemathesis

KNOWN = json.loads(os.environ.get("KNOWN", "[{}]"))
SHOWS_LINK = bool(os.environ.get("SHOWS_LINK"))
TALLY = {}
calls = 0


def real(place, visit, name, value, label=""):
    """What is known by this name, in the shape of what was made up."""
    found = visit.get(f"{label} {name}", visit.get(f"{place}.{name}", visit.get(name)))
    if found is None:
        return value
    if isinstance(value, list):
        return [found]
    return found if isinstance(value, str) else value


def with_real(visit, value):
    """A body, with what is known by the names of its fields."""
    if isinstance(value, list):
        return [with_real(visit, inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        name: with_real(visit, inner) if isinstance(inner, dict) else real("body", visit, name, inner)
        for name, inner in value.items()
    }


@schemathesis.hook
def before_call(context, case, kwargs):
    global calls
    calls += 1
    # Five visits and four kinds of calls: whichever operation is asked for meets all of them.
    visit = KNOWN[calls % len(KNOWN)]
    label = case.operation.label
    # Through a proxy that the gateway trusts, from everywhere: what is limited by address is not what is looked at.
    case.headers["X-Forwarded-For"] = f"198.51.{calls // 200 % 200}.{calls % 200}"
    if SHOWS_LINK and "link" in visit:
        case.headers["Authorization"] = f"Link {visit['link']}"
    if calls % 4 == 3:
        return
    for place, values in (("path", case.path_parameters), ("query", case.query)):
        for name in values or {}:
            values[name] = real(place, visit, name, values[name], label)
    case.body = visit[label] if label in visit and calls % 4 == 0 else with_real(visit, case.body)


@schemathesis.hook
def after_call(context, case, response):
    told = TALLY.setdefault(case.operation.label, {})
    status = str(response.status_code)
    told[status] = told.get(status, 0) + 1


@atexit.register
def tell():
    if "TALLY" in os.environ:
        with open(os.environ["TALLY"], "w", encoding="utf-8") as file:
            json.dump(TALLY, file, indent=1)
