"""Signatures as the Standard Webhooks specification has them."""

from common import webhooks

#: Secret, id, moment and body with the signature that the specification's own tools make of them.
KNOWN = {
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "delivery": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "sent_at": 1614265330,
    "body": b'{"test": 2432232314}',
    "signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def headers(*keys):
    return webhooks.headers(
        delivery=KNOWN["delivery"], sent_at=KNOWN["sent_at"], body=KNOWN["body"], keys=keys
    )


def test_a_body_is_signed_as_the_specification_says():
    assert headers(KNOWN["secret"]) == {
        "webhook-id": KNOWN["delivery"],
        "webhook-timestamp": "1614265330",
        "webhook-signature": KNOWN["signature"],
    }


def test_while_secrets_change_there_is_a_signature_for_each():
    both = headers(webhooks.new_secret(), KNOWN["secret"])["webhook-signature"].split(" ")

    assert len(both) == 2
    assert both[1] == KNOWN["signature"]


def test_secrets_are_random_and_long():
    secrets = {webhooks.new_secret() for _ in range(20)}

    assert len(secrets) == 20
    assert all(each.startswith("whsec_") and len(each) == 50 for each in secrets)
