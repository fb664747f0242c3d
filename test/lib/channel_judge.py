# channel_judge.py: reads e-mails with Python's email package and says where they differ from what they were made of.
# Standard input: a JSON object a line, {sender_name, sender, recipient_name, recipient, subject, plain, html, file_name,
# media_type, attachment (base64, may be null), mail (base64)}; html "*" is any.  Prints each difference, then how many were read.
import base64
import email
import email.header
import email.policy
import email.utils
import json
import sys

read = 0
for number, line in enumerate(sys.stdin, 1):
    case = json.loads(line)
    mail = base64.b64decode(case['mail'])

    def expect(what, found, wanted):
        if found != wanted:
            print(f'{number}: {what} is {found!r}, not {wanted!r}')

    lines = mail.split(b'\r\n')
    expect('line ends', b'\n' in b''.join(lines) or b'\r' in b''.join(lines), False)
    expect('longest line over 998', max(map(len, lines)) > 998, False)
    expect('ASCII', mail.isascii(), True)
    head = mail.split(b'\r\n\r\n')[0].split(b'\r\n')
    expect('longest header line over 78', max(map(len, head)) > 78, False)
    message = email.message_from_bytes(mail, policy=email.policy.default)
    older = email.message_from_bytes(mail)
    expect('defects', [d for part in message.walk() for d in part.defects], [])
    expect('subject', message['subject'], case['subject'])
    for header, of in (('from', 'sender'), ('to', 'recipient')):
        address = message[header].addresses[0]
        expect(header, (len(message[header].addresses), address.addr_spec), (1, case[of]))
        # the names by the older reader: the newer one keeps the blank between words of RFC 2047
        name = email.utils.parseaddr(older[header].replace('\r\n', ''))[0]
        expect(header + ' name', str(email.header.make_header(email.header.decode_header(name))), case[of + '_name'] or '')
    expect('id', message['message-id'].endswith('@' + case['sender'].split('@')[1] + '>'), True)

    def content(part):
        return part.get_payload(decode=True).decode('utf-8').replace('\r\n', '\n')

    plain = content(message.get_body(('plain',)))
    if case['html'] is None and case['attachment'] is None and not case['plain'].endswith('\n'):
        plain = plain.removesuffix('\n')  # a message ends in a line end
    expect('text', plain, case['plain'])
    html = message.get_body(('html',))
    if case['html'] == '*':
        case['html'] = content(html)  # any
    expect('html', None if html is None else content(html), case['html'])
    files = list(message.iter_attachments()) if case['attachment'] is not None else []
    expect('attachments', len(files), 0 if case['attachment'] is None else 1)
    if files:
        expect('file name', files[0].get_filename(), case['file_name'])
        expect('media type', files[0].get_content_type(), case['media_type'])
        expect('attachment', base64.b64encode(files[0].get_payload(decode=True)).decode(), case['attachment'].replace('\n', ''))
    read += 1
print(f'{read} read')
