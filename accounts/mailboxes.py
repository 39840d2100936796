"""Mail addresses as far as abuse is concerned: whose mailbox, and of which domain.

For counting only. Who somebody is goes by the address as it was typed: other people's rules for
their mailboxes are not ours to know for certain.
"""

import hashlib

#: Where dots before the @ mean nothing, and what else the domain is called.
DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def domain_of(email: str) -> str:
    """The domain of an address, in lower case, as DNS knows it; "" where there is none."""
    domain = email.rpartition("@")[2].strip().rstrip(".").lower() if "@" in email else ""
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def digest_of(email: str) -> str:
    """What is kept of the address of somebody who is not here: enough to know them by when they
    prove it; "" where it is none. It is the same on every installation, so that it can move on.

    Not a secret: who guesses an address can see whether it is this one.
    """
    address = email.strip().lower()
    if "@" not in address or address.endswith(".invalid"):
        return ""
    return hashlib.sha256(f"colloquy mailbox {address}".encode()).hexdigest()


def mailbox_of(email: str) -> str:
    """The mailbox that an address most likely ends up in: without `+anything`, and without dots
    where those mean nothing.
    """
    domain = domain_of(email)
    local = email.rpartition("@")[0].strip().lower().partition("+")[0]
    if domain in DOTLESS:
        local, domain = local.replace(".", ""), DOTLESS[domain]
    return f"{local}@{domain}"


def suffixes(domain: str) -> list[str]:
    """A domain and all it is below, most exact first: `a.b.example`, `b.example`, `example`."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]
