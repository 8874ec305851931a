"""Writes the settings of a portal: configure.py FOLDER PORT SITE. People are LemonLDAP::NG's own for demonstrations (dwho, rtyler, msmith)."""

import json
import pathlib
import subprocess
import sys

folder, port, site = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
portal = f"http://127.0.0.1:{port}/"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, cwd=folder, stderr=subprocess.DEVNULL)


openssl("genrsa", "-out", "key.pem", "2048")
openssl("req", "-x509", "-new", "-key", "key.pem", "-days", "2", "-subj", "/CN=portal", "-out", "certificate.pem")
for name in ["conf", "cache", "sessions/lock", "psessions/lock"]:
    (folder / name).mkdir(parents=True)


def sessions(name):
    return {
        "Directory": str(folder / name),
        "LockDirectory": str(folder / name / "lock"),
        "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256",
    }


settings = json.loads(pathlib.Path("/var/lib/lemonldap-ng/conf/lmConf-1.json").read_text())
settings.update({
    "cfgNum": 1,
    "cfgAuthor": "test",
    "portal": portal,
    "domain": "127.0.0.1",
    "securedCookie": 0,
    "key": "a-key-of-the-tests-only",
    "trustedDomains": "127.0.0.1 localhost",
    # Who people are.
    "authentication": "Demo",
    "userDB": "Same",
    "passwordDB": "Demo",
    "registerDB": "Null",
    "demoExportedVars": {"cn": "cn", "uid": "uid", "mail": "mail"},
    "macros": {"_whatToTrace": "$uid"},
    "whatToTrace": "_whatToTrace",
    "groups": {"praticiens": "$uid eq 'dwho'"},
    # Only what a page needs.
    "requireToken": 0,
    # Its captcha wants ImageMagick; what every plug-in is made of draws none.
    "captcha": "::Main::Plugin",
    "captcha_login_enabled": 0,
    "captcha_mail_enabled": 0,
    "captcha_register_enabled": 0,
    "bruteForceProtection": 0,
    "skipRenewConfirmation": 1,
    "portalDisplayLogout": 1,
    "cspFormAction": "*",
    # Where it keeps things.
    "globalStorage": "Apache::Session::File",
    "globalStorageOptions": sessions("sessions"),
    "persistentStorage": "Apache::Session::File",
    "persistentStorageOptions": sessions("psessions"),
    "localSessionStorageOptions": {
        "namespace": "sessions",
        "default_expires_in": 600,
        "directory_umask": "007",
        "cache_root": str(folder / "cache"),
        "cache_depth": 3,
    },
    # OpenID Connect.
    "issuerDBOpenIDConnectActivation": 1,
    "issuerDBOpenIDConnectPath": "^/oauth2/",
    "issuerDBOpenIDConnectRule": "1",
    "oidcServiceMetaDataIssuer": portal,
    "oidcServicePrivateKeySig": (folder / "key.pem").read_text(),
    "oidcServicePublicKeySig": (folder / "certificate.pem").read_text(),
    "oidcServiceKeyIdSig": "k1",
    "oidcServiceAllowAuthorizationCodeFlow": 1,
    "oidcRPMetaDataOptions": {
        "parvis": {
            "oidcRPMetaDataOptionsClientID": "parvis",
            "oidcRPMetaDataOptionsClientSecret": "a-secret-of-the-tests-only",
            "oidcRPMetaDataOptionsRedirectUris": f"{site}/login/callback",
            "oidcRPMetaDataOptionsPostLogoutRedirectUris": f"{site}/login/signed-out",
            "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256",
            "oidcRPMetaDataOptionsIDTokenForceClaims": 1,
            "oidcRPMetaDataOptionsIDTokenExpiration": 600,
            "oidcRPMetaDataOptionsAccessTokenExpiration": 600,
            "oidcRPMetaDataOptionsUserIDAttr": "uid",
            "oidcRPMetaDataOptionsRequirePKCE": 1,
            "oidcRPMetaDataOptionsBypassConsent": 1,
            "oidcRPMetaDataOptionsRefreshToken": 0,
            # This version signs out by pages only.
            "oidcRPMetaDataOptionsLogoutUrl": f"{site}/login/front-channel-logout",
            "oidcRPMetaDataOptionsLogoutType": "front",
            "oidcRPMetaDataOptionsLogoutSessionRequired": 1,
            "oidcRPMetaDataOptionsLogoutBypassConfirm": 1,
        }
    },
    "oidcRPMetaDataExportedVars": {"parvis": {"name": "cn", "groups": "groups;string;always"}},
    "oidcRPMetaDataOptionsExtraClaims": {"parvis": {"groups": "groups"}},
    "oidcRPMetaDataMacros": {"parvis": {}},
    "oidcRPMetaDataScopeRules": {"parvis": {}},
})
(folder / "conf/lmConf-1.json").write_text(json.dumps(settings, indent=1))

ini = pathlib.Path("/etc/lemonldap-ng/lemonldap-ng.ini").read_text()
ini = ini.replace("/var/lib/lemonldap-ng/conf", str(folder / "conf"))
ini = ini.replace("/var/lib/lemonldap-ng/cache", str(folder / "cache"))
(folder / "llng.ini").write_text(ini)
