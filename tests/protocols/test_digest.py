"""Digest authentication."""

from hashlib import md5, sha256

from twisted.trial.unittest import TestCase

from tnet.protocols.challenges import parse_challenges
from tnet.protocols.digest import authorization, best_terms

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
MUFASA = f'Digest realm="http-auth@example.org", qop="auth, auth-int", nonce="{NONCE}", opaque="{OPAQUE}", algorithm='


def terms(*fields):
    return best_terms(parse_challenges([field.encode() for field in fields]))


def shown(field, user="Mufasa", password="Circle of Life", method="GET", target="/dir/index.html", count=1, **more):
    """The parameters of the answer to a challenge."""
    more = {"cnonce": CNONCE} | more
    value = authorization(terms(field), user, password, method, target, count=count, **more)
    (answer,) = parse_challenges([value.encode()])
    return answer.params


def h(text, how=md5):
    return how(text.encode()).hexdigest()


class Vectors(TestCase):
    def test_md5_and_sha_256(self):
        """The two answers of RFC 7616 section 3.9.1."""
        for algorithm, response in {
            "MD5": "8ca523f5e9506fed4657c9700eebdbec",
            "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        }.items():
            answer = shown(MUFASA + algorithm)
            self.assertEqual(
                answer,
                {
                    "username": "Mufasa",
                    "realm": "http-auth@example.org",
                    "uri": "/dir/index.html",
                    "algorithm": algorithm,
                    "nonce": NONCE,
                    "nc": "00000001",
                    "cnonce": CNONCE,
                    "qop": "auth",
                    "response": response,
                    "opaque": OPAQUE,
                },
            )

    def test_sha_512_256_with_a_hashed_name(self):
        """The answer of RFC 7616 section 3.9.2, as its erratum 4897 corrects it."""
        answer = shown(
            'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, charset=UTF-8, userhash=true, '
            'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", '
            'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS"',
            "J\u00e4s\u00f8n Doe",
            "Secret, or not?",
            target="/doe.json",
            cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
        )
        self.assertEqual(answer["username"], "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b")
        self.assertEqual(answer["response"], "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5")
        self.assertEqual(answer["userhash"], "true")

    def test_without_qop(self):
        """The older form, of RFC 2069 section 2.1.2, has no nonce of ours and counts nothing."""
        answer = shown('Digest realm="r", nonce="n"', "u", "p", "GET", "/")
        self.assertEqual(answer["response"], h(f"{h('u:r:p')}:n:{h('GET:/')}"))
        self.assertEqual(set(answer), {"username", "realm", "nonce", "uri", "response"})

    def test_session_algorithms(self):
        """The secret of `-sess` holds both nonces, with and without qop."""
        for algorithm, how in (("MD5-sess", md5), ("SHA-256-sess", sha256)):
            secret = h(f"{h('u:r:p', how)}:n:c", how)
            field = f'Digest realm="r", nonce="n", algorithm={algorithm}'
            answer = shown(field + ', qop="auth"', "u", "p", "GET", "/", 17, cnonce="c")
            self.assertEqual(answer["nc"], "00000011")
            self.assertEqual(answer["response"], h(f"{secret}:n:00000011:c:auth:{h('GET:/', how)}", how))
            answer = shown(field, "u", "p", "GET", "/", cnonce="c")
            self.assertEqual((answer["response"], answer["cnonce"]), (h(f"{secret}:n:{h('GET:/', how)}", how), "c"))

    def test_the_body_is_vouched_for(self):
        """Case 9: where `auth-int` alone is offered the answer holds for one body only."""
        field = 'Digest realm="r", nonce="n", qop="auth-int", algorithm=SHA-256'
        answer = shown(field, "u", "p", "POST", "/", cnonce="c", body=b"data")
        asked = h(f"POST:/:{h('data', sha256)}", sha256)
        self.assertEqual(answer["qop"], "auth-int")
        self.assertEqual(answer["response"], h(f"{h('u:r:p', sha256)}:n:00000001:c:auth-int:{asked}", sha256))


class Offers(TestCase):
    def test_the_strongest_is_taken(self):
        """Whatever the order of the challenges; between equals the first."""
        found = terms(MUFASA + "MD5", MUFASA + "SHA-256", MUFASA + "SHA-512-256", "Basic realm=x")
        self.assertEqual((found.algorithm, found.weak), ("SHA-512-256", False))
        first = terms('Digest realm="1", nonce="n", algorithm=MD5', 'Digest realm="2", nonce="n"')
        self.assertEqual((first.realm, first.weak), ("1", True))

    def test_what_cannot_be_answered(self):
        """Another scheme, an unknown algorithm or qop, a challenge without realm or nonce."""
        for field in (
            "Basic realm=x",
            'Digest realm="r", nonce="n", algorithm=SHA-1',
            'Digest realm="r", nonce="n", algorithm=-sess-sess',
            'Digest realm="r", nonce="n", qop="auth-conf"',
            'Digest realm="r"',
            'Digest nonce="n"',
            'Digest realm="r", nonce=""',
        ):
            self.assertIsNone(terms(field), field)

    def test_flags(self):
        """Case 9: stale, userhash and charset are understood in any case of letters, and are off without a word."""
        found = terms('digest REALM="r", Nonce="n", STALE=TRUE, Charset=utf-8, userhash="True"')
        self.assertEqual((found.stale, found.utf8, found.userhash), (True, True, True))
        found = terms('Digest realm="r", nonce="n", stale=false')
        self.assertEqual((found.stale, found.utf8, found.userhash), (False, False, False))


class Names(TestCase):
    def test_a_foreign_name_is_encoded_where_the_server_says_so(self):
        """`username*` where UTF-8 was announced, else the plain bytes; in the secret it is composed."""
        field = 'Digest realm="r", nonce="n"'
        answer = shown(field + ", charset=UTF-8", "a\u0308", "p", "GET", "/")
        self.assertEqual(answer["username*"], "UTF-8''%C3%A4")
        secret = h("\u00e4:r:p")
        self.assertEqual(answer["response"], h(f"{secret}:n:{h('GET:/')}"))
        self.assertEqual(shown(field, "\u00e4", "p", "GET", "/")["username"], "\u00e4")

    def test_quotation_marks(self):
        """A realm and a name with quotation marks come back as they were; the secret has them plain."""
        answer = shown(r'Digest realm="a \"b\" \\", nonce="n"', 'x"y', "p", "GET", "/")
        self.assertEqual((answer["realm"], answer["username"]), ('a "b" \\', 'x"y'))
        secret = h('x"y:a "b" \\:p')
        self.assertEqual(answer["response"], h(f"{secret}:n:{h('GET:/')}"))
