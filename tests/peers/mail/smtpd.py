"""A mail server for the tests: smtpd.py CERTIFICATE KEY [FAILS_IN_100]

Three listeners on loopback: STARTTLS before anything else, TLS from the first byte, and none. The first two want to know who sends
(user `parvis`, password `secret`). Prints their ports on one line, then one JSON line for each message that was taken. Ends when its
standard input does.

By the local part of the recipient: `bounce...` does not exist, `policy...` is not let through, `greylist...` comes in at the second
try, `slow...` is taken, and answered after two seconds. Of all others FAILS_IN_100 are put off, by a count and not by chance.
"""

import asyncio
import email
import email.policy
import json
import logging
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

# What it says of its own ways is no news to a test.
logging.disable(logging.WARNING)
warnings.simplefilter("ignore")

certificate, key = sys.argv[1:3]
fails = int(sys.argv[3]) if len(sys.argv) > 3 else 0
known = set()
count = 0


def part(message, kind):
    found = [p for p in message.walk() if p.get_content_type() == kind and not p.is_attachment()]
    return found[0] if found else None


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        global count
        if address.startswith("bounce"):
            return "550 5.1.1 no such user here"
        if address.startswith("policy"):
            return "554 5.7.1 not let through"
        if address.startswith("greylist") and address not in known:
            known.add(address)
            return "451 4.7.1 try again later"
        count += 1
        # Every so many-th, and not the same at the next try.
        if fails and (count * fails) % 100 < fails:
            return "452 4.3.1 no room now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        raw = envelope.original_content
        message = email.message_from_bytes(raw, policy=email.policy.default)
        text, html, calendar = (part(message, kind) for kind in ("text/plain", "text/html", "text/calendar"))
        attached = [p.get_filename() for p in message.walk() if p.is_attachment()]
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "isTls": server.transport.get_extra_info("ssl_object") is not None,
            "isKnown": bool(session.authenticated),
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "text": text.get_content() if text else None,
            "html": html.get_content() if html else None,
            "calendar": calendar.get_payload(decode=True).decode() if calendar else None,
            "calendarType": str(calendar["content-type"]) if calendar else None,
            "attached": attached,
            "longestLine": max(len(line) for line in raw.split(b"\r\n")),
            "bareNewlines": raw.count(b"\n") - raw.count(b"\r\n"),
        }
        print(json.dumps(told), flush=True)
        if envelope.rcpt_tos[0].startswith("slow"):
            await asyncio.sleep(2)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b"parvis" and data.password == b"secret"
    # `handled` on a failure would leave the client without an answer.
    return AuthResult(success=good, handled=good)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    handler = Handler()

    def starttls():
        return SMTP(handler, tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True, loop=loop)

    def tls():
        return SMTP(handler, authenticator=authenticate, auth_required=True, auth_require_tls=False, loop=loop)

    def plain():
        return SMTP(handler, loop=loop)

    servers = [
        await loop.create_server(starttls, "127.0.0.1", 0),
        await loop.create_server(tls, "127.0.0.1", 0, ssl=context),
        await loop.create_server(plain, "127.0.0.1", 0),
    ]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    print(json.dumps(dict(zip(["starttls", "tls", "none"], ports))), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
