"""The help texts of the fields that had none.

One operation that changes the state alone: `AlterField` for each of them would take five seconds and do no more.
"""

from django.db import migrations
from django.db.migrations.operations.base import Operation

# Every row of a case's tree is cited and ordered alike.
SOURCE = "The work that the paper's note names for this statement. Empty where the paper cites none."
POSITION = "Rows stand in this order, the lowest first. Left empty, a new row comes last."
TEXTS = {
    "country": {
        "code": "Two capital letters: CH.",
        "alpha3": "Three capital letters: CHE.",
        "name": "The short name that the United Nations use in English.",
        "region": "The smallest region of the United Nations' scheme (M49) that it lies in.",
    },
    "currency": {
        "code": "Three capital letters: CHF.",
        "name": "In English: «Swiss franc».",
        "usd_value": "What one unit was worth, on average of the year below. For the size bands only.",
        "rate_year": "The year whose average the value is.",
        "rate_note": "The table or institution that the value was read from.",
    },
    "source": {
        "slug": "Stable: it is the work's address.",
        "authors": "As printed: surname first, or the body that published it.",
        "year_suffix": "The letter that tells two works of one year apart: a, b.",
        "title": "As printed, in its own language.",
        "english_title": "A translation, where the title is not English.",
        "kind": "Decides how the work is cited.",
        "url": "As the paper prints it, even if it leads nowhere today.",
        "in_bibliography": "Untick it for a work that only a note names.",
        "note": "What is odd about the entry as printed; visitors see it.",
        "is_retired": "No longer offered for new links; existing links stay.",
    },
    "organization": {
        "slug": "Stable: it names the organization in files and addresses.",
        "name": "In English where an English name is in use.",
        "original_name": "Where it differs: «Bureau cantonal pour l'intégration».",
        "acronym": "As the paper writes it.",
        "types": "Part 2's types of actors. A body can be of several.",
        "country": "Where it has its seat. Empty for international bodies.",
        "parent": "The body that it is a department or an agency of.",
        "successor": "The body that took over from it.",
        "description": "What it is, in a sentence; what it does in a case stands with the case.",
        "is_retired": "No longer offered for new links; existing links stay.",
    },
    "organizationname": {
        "name": "Another name in use: a former one, a short one, one in another language.",
        "note": "When or by whom it is called so.",
    },
    "collection": {
        "slug": "Stable: it is the collection's address.",
        "title": "The title of the publication, or a name of ours.",
        "description": "What the collection gathers and how its cases were chosen.",
        "source": "The publication as a work, so that it can be cited.",
        "year": "The year that «now» means in its cases.",
        "rights": "Who holds the rights in the publication, and under which licence it is.",
        "position": "Collections stand in this order.",
    },
    "case": {
        "collection": "The publication that the case belongs to; it gives the number its prefix.",
        "status": "Visitors see published cases only; an archived case leaves a page that says so.",
        "original_title": "The initiative's own name where that is not English, with its accents.",
        "acronym": "Of the initiative, as the paper writes it: «QLIP».",
        "country": "Where the territory lies. The region follows from it.",
        "purpose": "One or two sentences on what the initiative is for. They stand in lists and at the head of its page.",
        "is_jmdi_supported": "Tick it only where the paper says that the JMDI funded or supported the initiative.",
        "last_checked_on": "When somebody last held the whole case against its sources.",
    },
    "caseredirect": {
        "old_slug": "An address that the case had before. It keeps leading here.",
    },
    "period": {
        "label": "What ran in these years, where a case has several periods: «pilot phase».",
        "stated": "The years in the paper's own wording: «since 2009».",
        "start_year": "Four digits. Empty where the paper gives no start.",
        "start_month": "1 to 12, and only with a year.",
        "end_year": "Four digits. Empty while it runs, or where the paper gives no end.",
        "end_month": "1 to 12, and only with a year.",
        "is_ongoing": "It still ran in the collection's year. Then it has no end.",
        "position": POSITION,
        "source": SOURCE,
    },
    "caseplace": {
        "name": "The territory in English: «Canton of Vaud».",
        "original_name": "Where it differs: «Canton de Vaud».",
        "latitude": "Degrees north, south with a minus: 46.5200. With the longitude or not at all.",
        "longitude": "Degrees east, west with a minus: 6.6300. The point is approximate and ours.",
        "position": POSITION,
        "source": SOURCE,
    },
    "caselink": {
        "other": "A case that this one's text names or works with.",
        "text": "One sentence, for readers of both cases.",
        "position": POSITION,
        "source": SOURCE,
    },
    "budget": {
        "status": "Choose what the paper does say. Where it is silent, that is an answer too.",
        "total": "Digits only, as the paper states it; never a sum of ours, never 0 for «unknown».",
        "currency": "The currency that the paper gives the total in. We do not convert.",
        "period": "Whether the total is for all of the time, for each year, or for one year.",
        "year_from": "The first year that the total covers.",
        "year_to": "The last year that the total covers.",
        "duration_months": "Where the paper gives a length instead of years.",
        "note": "What one must know to read the total: what is left out, who estimated it.",
        "source": SOURCE,
    },
    "contribution": {
        "payer": "The organization, where it is one that we list.",
        "payer_stated": "In the paper's words, also where it is one of our organizations.",
        "amount": "Digits only. Empty where the paper names the payer and no sum.",
        "currency": "Needed with an amount.",
        "note": "What the money was for, in kind or in cash, or over which years.",
        "position": POSITION,
        "source": SOURCE,
    },
    "illustration": {
        "recommendation": "The recommendation of Part 3 that the case gives an example of.",
        "subpoint": "Only where the case illustrates this point of it and not the whole.",
        "strength": "Central: the case stands for it. Supporting: it is one side of the case.",
        "position": POSITION,
        "source": SOURCE,
    },
    "editorialnote": {
        "kind": "Why the note is there. Readers see it as its heading.",
        "text": "What readers should know, in a sentence or two: what the paper states in which place.",
        "position": POSITION,
        "source": SOURCE,
    },
    "casesource": {
        "source": "A work in the paper's notes to this case.",
        "section": "The section whose text cites it.",
        "supports": "What the case takes from it, in a few words.",
        "position": POSITION,
    },
    "acronym": {
        "slug": "Stable: it names the row in files.",
        "acronym": "In the singular: «LGU». The site knows the plural.",
        "meaning": "Written out in English.",
        "organization": "Where the acronym is the name of one of our organizations.",
        "is_in_list": "Untick it for one that only the cases use.",
        "note": "For editors; visitors do not see it.",
        "is_retired": "No longer explained in texts.",
    },
    "vocabulary": {
        "slug": "Stable: it stands in addresses, files and downloads.",
        "label": "As readers see it, in the plural.",
        "definition": "What belongs into it, what does not, and whose list it is. Editors see it beside the form.",
        "place": "Where Part 1 or 2 defines it: «Part 2, Actors».",
        "is_single": "Ticked: a case has one term of it at most.",
        "position": "Vocabularies stand in this order.",
    },
    "term": {
        "vocabulary": "The list that the term belongs to.",
        "slug": "Stable: it stands in addresses, files and downloads.",
        "label": "As readers see it, a few words.",
        "definition": "What makes a case fall under it. Editors see it while they choose.",
        "example": "A case or two that the paper names for it, in our words.",
        "parent": "The term that it is a kind of; lists have two levels.",
        "place": "Where Part 2 names it: «Part 2, Triggers».",
        "position": "Terms stand in this order in their list.",
    },
    "narrative": {
        "section": "The section that the text belongs to; one text each.",
        "text": "Plain paragraphs, parted by an empty line. Lists go below, as components; numbers also as figures.",
        "position": POSITION,
        "source": SOURCE,
    },
    "component": {
        "section": "Change it and the row, with its parts, moves to that section's form.",
        "parent": "The item that this one belongs to, where the paper nests its list.",
        "title": "The item in a few words.",
        "text": "What the paper says of it, in our words.",
        "position": POSITION,
        "source": SOURCE,
    },
    "figure": {
        "section": "Change it and the row moves to that section's form.",
        "label": "What the number counts, without the number: «foreign residents».",
        "low": "Digits only, no separators: 725000.",
        "qualifier": "How exactly the paper states it.",
        "stated": "As the paper prints it, with its separators: «725,000».",
        "unit": "What sort of number it is. A share needs its base, money its currency.",
        "currency": "For money only.",
        "period": "The date or years in the paper's words: «end of 2012».",
        "year_from": "The year counted, or the first of several.",
        "year_to": "The last year, where the number covers several.",
        "position": POSITION,
        "source": SOURCE,
    },
    "milestone": {
        "section": "Change it and the row moves to that section's form.",
        "date_stated": "In the paper's words: «in June 2011».",
        "start_year": "Type every year that the paper states: the timeline is built from it.",
        "start_month": "1 to 12, and only with a year.",
        "end_year": "Only where it lasted.",
        "end_month": "1 to 12, and only with a year.",
        "text": "One or two sentences: who did what.",
        "bodies": "The organizations that acted or were founded.",
        "instrument": "The law, plan or agreement in English, if it is one.",
        "original_instrument": "Its title as it was published.",
        "position": POSITION,
        "source": SOURCE,
    },
    "governmenttier": {
        "name": "In English, in the plural: «communes».",
        "original_name": "As the country calls it.",
        "count": "Digits only. Empty where the paper gives no number.",
        "count_stated": "In the paper's words: «some 300».",
        "qualifier": "How exactly the paper states the number.",
        "period": "The date or year that the number is of.",
        "text": "Who governs the tier, and whether they are elected.",
        "position": POSITION,
        "source": SOURCE,
    },
    "competence": {
        "holder": "The tier or body as the paper names it.",
        "organization": "Where it is one of our organizations.",
        "matter": "What it decides, runs or pays for, above all where migrants are concerned.",
        "position": POSITION,
        "source": SOURCE,
    },
    "caseterm": {
        "term": "Its definition stands in the guide, and beside the row once it is chosen.",
        "evidence": "Stated or named in Part 2 only where the paper says so; else an editorial reading.",
        "reason": "The facts of the case that speak for the term, in a sentence.",
        "position": POSITION,
        "source": SOURCE,
    },
    "caseactor": {
        "organization": "Search by name or acronym. Add it only if it is not there under another name.",
        "roles": "All that the case shows it doing.",
        "is_lead": "Several can lead. Say below in what way.",
        "lead_note": "«initiated it», «chairs the council» …",
        "evidence": "On what ground it counts as an actor of the case.",
        "text": "One or two sentences that name its part.",
        "position": POSITION,
        "source": SOURCE,
    },
    "coordinationmechanism": {
        "name": "In English: «Cantonal Consultative Chamber of Immigrants».",
        "original_name": "Where it differs.",
        "acronym": "As the paper writes it.",
        "organization": "Where the mechanism is itself a body that we list.",
        "form": "Its shape; the forms are ours and make cases comparable.",
        "direction": "Horizontal joins peers, vertical joins levels of government.",
        "levels": "Every level that sits at the table.",
        "members": "Actors of this case. Save an actor first to find it here.",
        "members_stated": "Who belongs to it in the paper's account, with the numbers it gives.",
        "evidence": "On what ground form, direction and levels are chosen.",
        "text": "What it decides or does, how often it meets, since when.",
        "position": POSITION,
        "source": SOURCE,
    },
    "objective": {
        "text": "One objective of the initiative itself, as its documents have it, in our words.",
        "broad_objectives": "The aims of Part 2 that it serves.",
        "evidence": "On what ground the broad objectives are chosen.",
        "position": POSITION,
        "source": SOURCE,
    },
    "beneficiarygroup": {
        "text": "In the paper's terms: «returning migrants and their families».",
        "count": "Digits only, where the paper gives a number.",
        "groups": "Every group that is meant.",
        "evidence": "On what ground the groups are chosen.",
        "position": POSITION,
        "source": SOURCE,
    },
    "keyelement": {
        "title": "As the paper heads it.",
        "text": "What in this case shows it, in our words.",
        "position": POSITION,
        "source": SOURCE,
    },
    "acceptedfinding": {
        "rule": "The rule that finds it, as the report writes it.",
        "subject": "What the report names: the case, its row, or a slug.",
        "reason": "Why it is right as it is: the paper is silent, or says no more.",
    },
}


class SetHelpTexts(Operation):
    """Sets help texts in the state; the database knows none."""

    reversible = True
    reduces_to_sql = False

    def __init__(self, texts: dict[str, dict[str, str]]) -> None:
        self.texts = texts

    def state_forwards(self, app_label, state) -> None:
        """The fields are those of earlier states too, so each changed one is a copy."""
        for model, texts in self.texts.items():
            fields = state.models[app_label, model].fields
            for name, text in texts.items():
                fields[name] = fields[name].clone()
                fields[name].help_text = text

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        """Nothing."""

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        """Nothing."""

    def describe(self) -> str:
        return "Set help texts"


class Migration(migrations.Migration):
    dependencies = [("casestudies", "0008_roles")]
    operations = [SetHelpTexts(TEXTS)]
