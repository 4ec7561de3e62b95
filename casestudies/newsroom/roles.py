"""The three roles of the newsroom and what each may do; a migration makes them groups (docs/editing.md).

An editor writes and submits; a reviewer also returns, publishes and keeps what cases share; an administrator also
archives, keeps reference data and accounts. What a role may do with a case depends on the case's state as well: that
is `workflow`'s to say.
"""

from __future__ import annotations

EDITOR, REVIEWER, ADMINISTRATOR = "editor", "reviewer", "administrator"

# The rows of a case's tree, in the forms of a case.
TREE = (
    "budget", "beneficiarygroup", "caseactor", "caselink", "caseplace", "casesource", "caseterm", "competence",
    "component", "contribution", "coordinationmechanism", "editorialnote", "figure", "governmenttier", "illustration",
    "keyelement", "milestone", "narrative", "objective", "period",
)  # fmt: skip
WRITE = ("add", "change", "delete", "view")
SEE = (
    "casestudies.case", "casestudies.caseredirect", "casestudies.term", "casestudies.vocabulary", "casestudies.country",
    "casestudies.currency", "casestudies.collection", "casestudies.acronym", "casestudies.source",
    "casestudies.organization", "casestudies.organizationname", "casestudies.acceptedfinding",
    "casestudies.historyentry", "casestudies.message", "casestudies.release", "recommendations.group",
    "recommendations.recommendation", "recommendations.subpoint",
)  # fmt: skip


def _all(verbs: tuple[str, ...], *models: str) -> set[str]:
    return {f"{model.partition('.')[0]}.{verb}_{model.partition('.')[2]}" for model in models for verb in verbs}


_EDITOR = (
    _all(("view",), *SEE)
    | _all(WRITE, *(f"casestudies.{name}" for name in TREE))
    | _all(("add", "change"), "casestudies.case", "casestudies.organization", "casestudies.source")
    | _all(("add", "change", "delete"), "casestudies.organizationname", "casestudies.acronym")
    | _all(("change",), "casestudies.message")
    | {"casestudies.submit_case"}
)
_REVIEWER = (
    _EDITOR
    | _all(WRITE, "casestudies.term", "casestudies.acceptedfinding", "casestudies.organization", "casestudies.source")
    | _all(("change",), "casestudies.vocabulary")
    | {"casestudies.review_case", "casestudies.edit_shared"}
)
_ADMINISTRATOR = (
    _REVIEWER
    | _all(
        WRITE, "casestudies.vocabulary", "casestudies.country", "casestudies.currency", "casestudies.collection",
        "casestudies.caseredirect", "recommendations.group", "recommendations.recommendation",
        "recommendations.subpoint",
    )
    | _all(("add",), "casestudies.release")
    | _all(("delete",), "casestudies.message")
    | _all(("add", "change", "view"), "auth.user")
    | _all(("view",), "auth.group")
    | {"casestudies.archive_case"}
)  # fmt: skip

#: Role -> its permissions, «app.codename».
ROLES: dict[str, frozenset[str]] = {
    EDITOR: frozenset(_EDITOR),
    REVIEWER: frozenset(_REVIEWER),
    ADMINISTRATOR: frozenset(_ADMINISTRATOR),
}
