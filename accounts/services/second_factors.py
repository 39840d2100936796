"""What is kept of second factors, sealed."""

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.db import transaction

from common import sealing

PURPOSE = "second factor"
#: What of an authenticator's data is sealed; of a passkey nothing is secret.
SEALED = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


def reseal() -> tuple[int, int]:
    """Seal all under SECRET_KEY itself. Gives how many are, and how many no key in use opens: those
    stay as they are. Safe twice, and while people sign in.
    """
    kept = Authenticator.objects.filter(type__in=SEALED).values_list("pk", flat=True)
    done = [_reseal(pk) for pk in kept]
    return done.count(True), done.count(False)


@transaction.atomic
def _reseal(pk: int) -> bool:
    one = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if one is None:  # taken away meanwhile
        return True
    name = SEALED[Authenticator.Type(one.type)]
    try:
        one.data[name] = sealing.reseal(one.data[name], purpose=PURPOSE)
    except InvalidToken:
        return False
    one.save(update_fields=["data"])
    return True
