from email import message_from_bytes, policy

from django.core.mail import EmailMessage, get_connection


def test_each_message_is_a_file_of_its_own(settings, tmp_path):
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    messages = [EmailMessage(subject, "안녕", to=["a@example.org"]) for subject in ("One", "Two")]

    sent = get_connection("operations.mail.FolderBackend").send_messages(messages)

    files = sorted((tmp_path / "mail").glob("*.eml"))
    parsed = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    assert sent == 2
    assert [message["Subject"] for message in parsed] == ["One", "Two"]
    assert parsed[0].get_content().strip() == "안녕"
