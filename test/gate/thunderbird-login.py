"""Puts a password into a profile of Thunderbird, as its password manager would: thunderbird-login.py PROFILE ORIGIN USER PASSWORD.

The database of keys is there already, without a master password. Libraries of NSS are found by LD_LIBRARY_PATH.
"""

import base64
import ctypes
import json
import sys
import time


class SECItem(ctypes.Structure):
    _fields_ = [("type", ctypes.c_uint), ("data", ctypes.c_void_p), ("len", ctypes.c_uint)]


profile, origin, user, password = sys.argv[1:]
nss = ctypes.CDLL("libnss3.so")
if nss.NSS_InitReadWrite(f"sql:{profile}".encode()) != 0:
    sys.exit("NSS does not open the profile")


def encrypted(text):
    octets = text.encode()
    buffer = ctypes.create_string_buffer(octets, len(octets))
    key, result = SECItem(0, None, 0), SECItem(0, None, 0)
    data = SECItem(0, ctypes.addressof(buffer), len(octets))
    if nss.PK11SDR_Encrypt(ctypes.byref(key), ctypes.byref(data), ctypes.byref(result), None) != 0:
        sys.exit("NSS does not encrypt")
    return base64.b64encode(ctypes.string_at(result.data, result.len)).decode()


now = int(time.time() * 1000)
login = {
    "id": 1,
    "hostname": origin,
    "httpRealm": origin,
    "formSubmitURL": None,
    "usernameField": "",
    "passwordField": "",
    "encryptedUsername": encrypted(user),
    "encryptedPassword": encrypted(password),
    "guid": "{00000000-0000-0000-0000-000000000001}",
    "encType": 1,
    "timeCreated": now,
    "timeLastUsed": now,
    "timePasswordChanged": now,
    "timesUsed": 1,
}
with open(f"{profile}/logins.json", "w", encoding="ascii") as file:
    json.dump({"nextId": 2, "logins": [login], "version": 3}, file)
nss.NSS_Shutdown()
