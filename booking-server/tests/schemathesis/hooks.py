"""What the documents cannot say, so that data that they allow is data that has to be accepted.

A schema cannot relate two fields, look into an event, or list time zones. Where chance breaks such a rule, what breaks it
is put right, and nothing else: whatever the server takes as it is reaches it as it is. What breaks a rule that the
documents do state is left alone, too. Each rule says why it is needed.
"""

import datetime
import hashlib
import hmac
import itertools
import os
import re
import time

import requests
import schemathesis

SECRET = os.environ["BOOKING_IPN_SECRET"].encode()
KEY = "Idempotency-Key"
SIGNATURE = "Payment-Signature"
TO_BE_SIGNED = "to be signed"

number = itertools.count()


@schemathesis.auth().apply_to(path="/v1/payments/ipn")
class Gateway:
    """Asks for a signature, which is made once the body is as it will be sent. No document can say how."""

    def get(self, case, ctx):
        return TO_BE_SIGNED

    def set(self, case, data, ctx):
        case.headers[SIGNATURE] = data


@schemathesis.hook
def filter_query(ctx, query):
    """Forms send fields that nobody filled in, so an empty parameter is none, whatever its type. No schema says so: it
    would be taken for a number that has to be refused."""
    return "" not in (query or {}).values() and [""] not in (query or {}).values()


@schemathesis.hook
def before_call(ctx, case, kwargs):
    meta = getattr(case, "meta", None)
    is_allowed = meta is not None and meta.generation.mode.is_positive
    rule = RULES.get(case.operation.definition.raw.get("operationId")) if is_allowed else None
    if rule is not None:
        rule(case)
    if case.headers.get(SIGNATURE) == TO_BE_SIGNED:
        sign(case)


def search(case):
    query = case.query
    # That something can be seen in a text, or is a letter, is more than a pattern can say.
    for name in ("category", "tag", "city"):
        if name in query:
            query[name] = visible(query[name])
    # A cursor is good for the list that it was given for.
    query.pop("cursor", None)
    # Most pairs of letters are no country.
    if query.get("country"):
        query["country"] = "CH"
    # A pattern does not know how many days a month has.
    for name in ("starts_from", "starts_to"):
        if name in query:
            query[name] = existing_day(query[name])
    # Which of two moments is the later one, a schema cannot say.
    if not is_order(query.get("starts_from"), query.get("starts_to")):
        del query["starts_to"]
    # Nor how large the numbers in a text are, and that one parameter needs another.
    if query.get("near"):
        query["near"] = on_earth(query["near"])
    else:
        query.pop("radius_km", None)
        if query.get("sort") == "distance":
            del query["sort"]
    # The same; and most codes are no currency.
    if "price_max" in query and query.get("currency"):
        query["currency"] = "EUR"
    else:
        query.pop("price_max", None)
        query.pop("currency", None)


def paging(case):
    # A cursor is good for the list that it was given for.
    case.query.pop("cursor", None)


def book(case):
    body = case.body
    customer = body["customer"]
    # That something can be seen in a text is more than a pattern can say.
    customer["name"] = visible(customer["name"])
    # A key is good for one request.
    if KEY in case.headers:
        case.headers[KEY] = f"{case.headers[KEY][:200]} {next(number)}"
    # How many there may be at once is the event's affair.
    body["quantity"] = min(body["quantity"], 2)


def event(case):
    body = case.body
    # That something can be seen in a text, and has no line breaks, is more than the document says.
    if isinstance(body.get("title"), str):
        body["title"] = visible(body["title"])
    if isinstance(body.get("category"), str):
        body["category"] = line(body["category"])
    if isinstance(body.get("description"), str):
        body["description"] = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", " ", body["description"])
    if body.get("tags"):
        body["tags"] = [visible(tag) for tag in body["tags"]]
    # The time zones are a list that changes.
    if "timezone" in body:
        body["timezone"] = "Europe/Zurich"
    # Few addresses begin with http, and the format knows no other rule of theirs.
    for name in ("url", "image_url"):
        if body.get(name) is not None:
            body[name] = "https://example.org/a?b=c"
    if isinstance(body.get("price"), dict):
        # Most codes are no currency.
        body["price"]["currency"] = "EUR"
        # Even as many as may be booked at once must not cost more than an amount can be.
        body["price"]["amount"] = min(body["price"]["amount"], 1_000_000_000)
    place(body, is_new=case.method.upper() == "POST")
    times(body, is_new=case.method.upper() == "POST")


def place(body, is_new):
    """An event is somewhere, the fields agree on where that is, and the parts of a position come together."""
    venue = body.get("venue")
    if venue is None:
        if is_new or body.get("online") is not None:
            body["online"] = True
        return
    if body.get("online") is not None:
        body["online"] = venue.get("online") is True
    # As the texts and codes of an event.
    for name in ("name", "address"):
        if isinstance(venue.get(name), str):
            venue[name] = line(venue[name])
    if isinstance(venue.get("city"), str):
        venue["city"] = visible(venue["city"])
    if venue.get("country"):
        venue["country"] = "CH"
    if venue.get("latitude") is None or venue.get("longitude") is None:
        venue.pop("latitude", None)
        venue.pop("longitude", None)
    if venue.get("url") is not None:
        venue["url"] = "https://example.org/room"


def times(body, is_new):
    """What ends later begins earlier, also where the event has the one already and the body brings the other."""
    first, last = body.get("starts_at"), body.get("ends_at")
    if (first or last) and not (first and last and is_order(first, last)):
        body.update(starts_at="2099-06-01T18:00:00Z", ends_at="2099-06-01T21:00:00Z")
    first, last = body.get("on_sale_from"), body.get("on_sale_until")
    if first and last and (first == last or not is_order(first, last)):
        body["on_sale_until"] = None
    elif first and not last and not is_new:
        body["on_sale_until"] = None
    elif last and not first and not is_new:
        body["on_sale_from"] = None


def notification(case):
    # To a schema `45.0` is an integer. Here it is none: somebody may mean 45 euros by it.
    case.body["data"]["amount"] = int(case.body["data"]["amount"])


def sign(case):
    request = requests.Request(**case.as_transport_kwargs(base_url="http://localhost")).prepare()
    body = request.body or b""
    body = body if isinstance(body, bytes) else body.encode()
    seconds = str(int(time.time())).encode()
    mac = hmac.new(SECRET, seconds + b"." + body, hashlib.sha256).hexdigest()
    case.headers[SIGNATURE] = f"t={seconds.decode()},v1={mac}"


def line(text):
    """Makes one line of a text."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "-", str(text))


def visible(text):
    """Makes a line in which there is a letter or a digit, no longer than it was."""
    text = line(text)
    return text if not text or any(c.isascii() and c.isalnum() for c in text) else "x" + text[1:]


def existing_day(text):
    """Keeps a day within its month."""
    year, month, day = int(text[:4] or 0), int(text[5:7] or 0), int(text[8:10] or 0)
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    most = 29 if month == 2 and is_leap else {2: 28, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31)
    return f"{text[:8]}{most}{text[10:]}" if day > most else text


def is_order(first, last):
    """Tells whether the last is not before the first; what Python's calendar cannot say counts as out of order."""
    if not first or not last:
        return True
    try:
        first, last = (moment(text) for text in (first, last))
    except (ValueError, OverflowError):
        return False
    return first <= last


def moment(text):
    found = datetime.datetime.fromisoformat(text.upper())
    return found if found.tzinfo else found.replace(tzinfo=datetime.timezone.utc)


def on_earth(text):
    """Keeps a position if it is one."""
    latitude, longitude = (float(part) for part in text.split(","))
    return text if abs(latitude) <= 90 and abs(longitude) <= 180 else "47.37,8.54"


RULES = {
    "searchEvents": search,
    "countFacets": search,
    "listBookings": paging,
    "book": book,
    "createEvent": event,
    "editEvent": event,
    "takeNotification": notification,
}
