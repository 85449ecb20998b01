"""Reads the mails of a folder as other programs do, and prints what they say as JSON.

Mails are read by Python's `email`, calendars by `icalendar`, pages by `html.parser`, zones by `zoneinfo`: none of them
knows the programs that wrote the mails.
"""

import json
import re
import sys
from datetime import datetime, timezone
from email import policy
from email.parser import BytesParser
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar

VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.links, self.handlers = [], set(), [], []
        self.scripts, self.text, self.language, self.unbalanced = [], [], None, False
        self.direction, self.title, self.outside = None, "", []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.add(tag)
        if tag == "html":
            self.language, self.direction = attributes.get("lang"), attributes.get("dir")
        if tag == "a":
            self.links.append(attributes["href"])
        if tag == "script":
            self.scripts.append({"type": attributes.get("type"), "text": ""})
        self.handlers += [name for name in attributes if name.startswith("on")]
        self.outside += [value for name, value in attributes.items() if name in ("src", "srcset", "background")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced = True

    def handle_data(self, data):
        inside = self.open[-1] if self.open else ""
        if inside == "script":
            self.scripts[-1]["text"] += data
        elif inside == "title":
            self.title += data
        elif inside != "style" and data.strip():
            self.text.append(data)


def read_page(text):
    page = Page()
    page.feed(text)
    page.close()
    data = [json.loads(script["text"]) for script in page.scripts if script["type"] == "application/ld+json"]
    return {
        "language": page.language,
        "direction": page.direction,
        "title": page.title,
        "tags": sorted(page.tags),
        "links": page.links,
        "texts": page.text,
        "handlers": page.handlers,
        "loads": page.outside,
        "scripts": len(page.scripts),
        "data": data,
        "is_balanced": not page.unbalanced and not page.open,
    }


def moment(value):
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


def property_text(raw, name):
    """Undoes the escapes of RFC 5545 §3.3.11 in one pass; `icalendar` 4 takes an escaped backslash before an n for both."""
    lines = raw.decode().replace("\r\n ", "").split("\r\n")
    value = next(line for line in lines if line.startswith(name + ":"))[len(name) + 1 :]
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def read_calendar(part):
    raw = part.get_payload(decode=True)
    calendar = Calendar.from_ical(raw)
    inner = calendar.walk()[1:]
    event = calendar.walk("VEVENT")[0]
    end = event.get("dtend")
    return {
        "told": part.get_param("method"),
        "method": str(calendar["method"]),
        "version": str(calendar["version"]),
        "inner": [component.name for component in inner],
        "errors": [str(error) for error in calendar.errors + event.errors],
        "uid": str(event["uid"]),
        "sequence": int(event["sequence"]),
        "status": str(event["status"]),
        "stamp": moment(event["dtstamp"].dt),
        "start": moment(event["dtstart"].dt),
        "end": moment(end.dt) if end else None,
        "summary": property_text(raw, "SUMMARY"),
        "summary_there": str(event["summary"]),
        "location": str(event["location"]),
        "description": str(event["description"]),
        "url": str(event["url"]),
        "organizer": str(event["organizer"]),
        "attendees": len(event.get("attendee", [])),
    }


def read_google(links):
    for link in links:
        parts = urlsplit(link)
        if parts.hostname == "calendar.google.com":
            return {name: values[0] for name, values in parse_qs(parts.query).items()}
    return None


def local(instant, zone):
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))


def read_times(google, data):
    """What the event's own clock shows at the instants that the mail's data names."""
    if not google or not data or "T" not in data[0]["reservationFor"]["startDate"]:
        return None
    event = data[0]["reservationFor"]
    start, end = (local(event[name], google["ctz"]) for name in ("startDate", "endDate"))
    return {
        "start": moment(start),
        "end": moment(end),
        "start_here": start.isoformat(),
        "end_here": end.isoformat(),
        "start_words": start.strftime("%A, %-d %B %Y, %H:%M"),
        "end_words": end.strftime("%H:%M"),
    }


def read_mail(path):
    raw = path.read_bytes()
    mail = BytesParser(policy=policy.default).parsebytes(raw)
    parts = list(mail.walk())
    leaves = [part for part in parts if not part.is_multipart()]
    find = lambda kind: next((part for part in leaves if part.get_content_type() == kind), None)
    calendar, page = find("text/calendar"), read_page(find("text/html").get_content())
    google = read_google(page["links"])
    head = raw.split(b"\r\n\r\n")[0]
    return {
        "file": path.stem,
        "defects": [str(defect) for part in parts for defect in part.defects],
        "header_defects": [str(defect) for value in mail.values() for defect in value.defects],
        "headers": [[name.lower(), str(value)] for name, value in mail.items()],
        "recipients": [address.addr_spec for address in mail["to"].addresses],
        "name": mail["to"].addresses[0].display_name,
        "longest_line": max(len(line) for line in raw.split(b"\r\n")),
        "longest_header": max(len(line) for line in head.split(b"\r\n")),
        "bare_breaks": raw.count(b"\n") - raw.count(b"\r\n") + raw.count(b"\r") - raw.count(b"\r\n"),
        "kinds": [part.get_content_type() for part in parts],
        "text": find("text/plain").get_content(),
        "page": page,
        "calendar": read_calendar(calendar) if calendar else None,
        "google": google,
        "times": read_times(google, page["data"]),
    }


def main():
    files = sorted(Path(sys.argv[1]).glob("*.eml"))
    json.dump([read_mail(path) for path in files], sys.stdout)


main()
