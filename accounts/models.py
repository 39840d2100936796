"""People: readers and staff are one kind of account; roles belong to sites."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from accounts.claims import LONGEST_SUBJECT
from accounts.mailboxes import domain_of
from accounts.querysets import SigninCodeQuerySet, SsoTokenUseQuerySet, TokenQuerySet
from accounts.states import MailStanding, Standing, TokenKind
from common import clock
from common.ids import new_id
from common.triggers import APPEND_ONLY
from publishers.models import Site, SsoKey


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An account with this e-mail address, stored in lower case."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(force_insert=True)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An operator: may enter the admin (with a second factor, as all staff)."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """An account. `name` is what others see; the e-mail address is shown to nobody else."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("display name"), max_length=50)
    name_made_up = models.BooleanField(
        _("the name is a placeholder"), default=False, editable=False
    )
    locale = models.CharField(_("language"), max_length=20, default="en")
    avatar = models.ForeignKey(
        "Avatar", models.SET_NULL, null=True, editable=False, related_name="wearers"
    )
    public_page = models.BooleanField(
        _("has a public page"),
        default=False,
        db_default=False,
        help_text=_("Everybody may read all published comments of this reader in one place."),
    )
    is_staff = models.BooleanField(
        _("may enter the admin"), default=False, help_text=_("A second factor is needed as well.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    #: Where notices go, where that is not `email`. Nobody signs in by it and it may be another's.
    notices_to = models.EmailField(
        max_length=254, blank=True, default="", db_default="", editable=False
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="user_email_in_lower_case"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()

    @property
    def mail_address(self) -> str:
        """Where this person may be written to, "" for one without a mailbox (RFC 2606's
        `.invalid`): who comes from a publisher's accounts or from elsewhere.
        """
        address = self.notices_to or self.email
        return "" if address.endswith(".invalid") else address

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Avatar(models.Model):
    """A small square picture, kept once however many wear it. `id`: SHA-256 of `content`, in hex.

    Goes with the last account that wears it (`services.avatars`).
    """

    id = models.CharField(primary_key=True, max_length=64, editable=False)
    content = models.BinaryField(help_text="WebP, without any metadata.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return self.id


#: Badges a site may give one reader, and the characters of each.
MOST_BADGES = 5
LONGEST_BADGE = 30
#: A moderator's reason to lock a name.
LONGEST_LOCK_REASON = 200


class SiteProfile(models.Model):
    """What one site says of a reader: their badges, whether they may comment there, and that its
    moderators keep their name as it is for a while. No row says nothing.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="site_profiles", db_index=False)
    site = models.ForeignKey(Site, models.CASCADE, related_name="reader_profiles")
    badges = ArrayField(
        models.CharField(max_length=LONGEST_BADGE), default=list, db_default=[], blank=True
    )
    may_comment = models.BooleanField(default=True, db_default=True)
    may_not_because = models.CharField(
        max_length=50, blank=True, default="", db_default="", help_text="A code of the API."
    )
    name_locked_until = models.DateTimeField(null=True, blank=True)
    name_locked_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "site"], name="one_profile_per_site"),
            models.CheckConstraint(
                condition=Q(badges__len__lte=MOST_BADGES), name="profile_badges_few"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.site_id}"


class NameLock(models.Model):
    """A site's moderators locked a reader's name, or unlocked it (`until`: None). Append-only.

    What holds now is `SiteProfile.name_locked_until`; `services.site_profiles` writes both.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="name_locks")
    site = models.ForeignKey(Site, models.PROTECT, related_name="name_locks")
    actor = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=LONGEST_LOCK_REASON, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        triggers: ClassVar = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.site_id} until {self.until}"


class Mute(models.Model):
    """A reader does not want to read what another writes. Nobody else is told."""

    reader = models.ForeignKey(User, models.CASCADE, related_name="mutes", db_index=False)
    author = models.ForeignKey(User, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reader", "author"], name="mute_once"),
            models.CheckConstraint(condition=~Q(reader=models.F("author")), name="mute_others"),
        ]

    def __str__(self) -> str:
        return f"{self.reader_id} mutes {self.author_id}"


class Token(models.Model):
    """What a client signs in with. Only a hash is kept; the text is told once, when issued.

    An app token stands for a session of allauth's app client and dies with it (the row goes when
    the session's does); it has no user until its bearer has signed in. A reader token belongs to
    one reader on one site.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=6, choices=TokenKind)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="tokens")
    site = models.ForeignKey(Site, models.CASCADE, null=True, related_name="reader_tokens")
    session = models.ForeignKey(Session, models.CASCADE, null=True, related_name="+")
    origin = models.CharField(max_length=255, blank=True, default="")
    #: The first-party session that handed a reader token over: ended there, it ends here.
    browser = models.ForeignKey(
        "usersessions.UserSession", models.SET_NULL, null=True, related_name="reader_tokens"
    )
    #: The publisher's key that signed its bearer in: leaked, it ends with what it gave.
    sso_key = models.ForeignKey(
        SsoKey, models.SET_NULL, null=True, related_name="reader_tokens", db_index=False
    )
    user_agent = models.CharField(
        max_length=200, blank=True, default="", db_default="", editable=False
    )
    #: The account's session hash when this was issued: a changed password ends its tokens.
    credentials = models.CharField(max_length=128, blank=True, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = TokenQuerySet.as_manager()
    #: What `permissions.face_on` found, while a process remembers the token.
    face: dict[str, Any] | None = None

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=TokenKind.values), name="token_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind=TokenKind.READER)
                | Q(user__isnull=False, site__isnull=False, session__isnull=True),
                name="reader_token_is_of_one_site",
            ),
            models.CheckConstraint(
                condition=~Q(kind=TokenKind.APP)
                | Q(site__isnull=True, session__isnull=False, origin=""),
                name="app_token_is_of_a_session",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="token_by_expiry")]

    def __str__(self) -> str:
        return f"{self.kind} token {self.pk}"

    #: Why the site lets its bearer not comment; "" where it does. `services.tokens` looks it up.
    barrier: str = ""

    def standing(self, now: datetime) -> Standing:
        """Whether this opens the door at `now`. No query where `user` was joined."""
        if self.revoked_at is not None:
            return Standing.REVOKED
        if self.expires_at <= now:
            return Standing.EXPIRED
        if self.user is None:
            return Standing.LIVE
        if not self.user.is_active:
            return Standing.INACTIVE
        hashes = [self.user.get_session_auth_hash(), *self.user.get_session_auth_fallback_hash()]
        if not any(constant_time_compare(self.credentials, known) for known in hashes):
            return Standing.STALE
        return Standing.LIVE

    def may_come_from(self, origin: str | None) -> bool:
        """Whether a request with this `Origin` header (None: without one) may carry this token."""
        if origin is None:
            return True
        return self.kind == TokenKind.READER and self.origin in {"", origin}


class SigninCode(models.Model):
    """The popup's one-time code on its way to the widget. Only a hash is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    site = models.ForeignKey(Site, models.CASCADE, related_name="+")
    origin = models.CharField(max_length=255)
    challenge = models.CharField(max_length=43)  # PKCE S256: base64url of a SHA-256
    browser = models.ForeignKey(
        "usersessions.UserSession", models.SET_NULL, null=True, related_name="+"
    )
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = SigninCodeQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="signin_code_by_expiry")]

    def __str__(self) -> str:
        return f"sign-in code {self.pk}"


class SsoIdentity(models.Model):
    """Whom a publisher calls `subject`: a reader of that one site, with an account of their own.

    It is never joined to an account by an e-mail address, nor made of one that was there before.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey(Site, models.CASCADE, related_name="+", db_index=False)
    subject = models.CharField(max_length=LONGEST_SUBJECT)
    user = models.OneToOneField(User, models.CASCADE, related_name="sso_identity")
    #: As the publisher last said it: only a new name of theirs replaces what the reader chose.
    name_said = models.CharField(max_length=50, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "subject"], name="sso_subject_once_per_site")
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.site_id}"


class Placeholder(models.Model):
    """An account that stands for somebody whose comments came here from another system. Nobody
    can sign in to it.

    Of an e-mail address only the digest is kept (`mailboxes.digest_of`): enough to know its owner
    by, should they come. Who claims it is given its comments; the account stays, empty.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="placeholder")
    site = models.ForeignKey(Site, models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=20)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    claimed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="claimed_placeholders"
    )
    claimed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["digest"],
                name="placeholder_to_claim",
                condition=Q(claimed_at=None) & ~Q(digest=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} from {self.source}"


class SsoTokenUse(models.Model):
    """A publisher's token that was taken, remembered until it would be refused as too old.

    `id` is made of site and token id: the second to come finds it there.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    expires_at = models.DateTimeField()

    objects = SsoTokenUseQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="sso_token_use_by_expiry")]

    def __str__(self) -> str:
        return f"sign-on token {self.pk}"


class MailDomain(models.Model):
    """What operators say of a mail domain and all below it; goes before the built-in list."""

    domain = models.CharField(
        _("domain"), max_length=253, unique=True, help_text=_("As in mail.example, without the @.")
    )
    standing = models.CharField(_("treatment"), max_length=7, choices=MailStanding)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("mail domain")
        verbose_name_plural = _("mail domains")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(standing__in=MailStanding.values), name="mail_domain_standing_known"
            ),
            models.CheckConstraint(
                condition=Q(domain=Lower("domain")), name="mail_domain_in_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.domain

    def clean(self) -> None:
        super().clean()
        self.domain = domain_of(f"@{self.domain.rpartition('@')[2]}")
