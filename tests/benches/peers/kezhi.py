"""Kezhi in the comparison of products: one more adapter for the seeded rows and the driver that measured the others.

Put it beside the other adapters. `KEZHI_BIN` names the release binary (`target/release/kezhi` when absent), `KEZHI_BENCH_DIR` the data
folder (`~/peers/kezhi`), `KEZHI_BENCH_DATABASE` an empty PostgreSQL database (SQLite in the data folder when absent).
"""
import http.client
import json
import os
import urllib.parse

import gen
from common import Base, q

FOLDER = os.environ.get("KEZHI_BENCH_DIR", os.path.expanduser("~/peers/kezhi"))
DATABASE = os.environ.get("KEZHI_BENCH_DATABASE")
PASSWORD = "Bench-Admin-1"
RECORDS = "/api/entities/customer/records"


def choice(title, values):
    return {"title": title, "x-kind": "choice", "enum": values}


ENTITY = {
    "title": "Customer",
    "x-title-field": "name",
    "required": ["name"],
    "x-indexes": [["industry", "amount"], ["grade", "amount"]],
    "properties": {
        "name": {"title": "Name", "x-kind": "text", "maxLength": 80, "x-search": True},
        "phone": {"title": "Phone", "x-kind": "phone"},
        "industry": choice("Industry", gen.INDUSTRIES),
        "region": choice("Region", gen.REGIONS),
        "amount": {"title": "Amount", "x-kind": "money"},
        "score": {"title": "Score", "x-kind": "integer"},
        "grade": choice("Grade", gen.GRADES),
        "birthday": {"title": "Birthday", "x-kind": "date"},
        "status": choice("Status", gen.STATUSES),
        "notes": {"title": "Notes", "x-kind": "long_text"},
    },
}
MANIFEST = {
    "key": "bench",
    "title": "Bench",
    "summary": "The comparison's customers.",
    "version": "1.0.0",
    "engine": ">=0.1, <0.2",
    "language": "en",
    "license": "Apache-2.0",
}


def record(row):
    """Money travels as a decimal string, so that nothing rounds it."""
    return {**row, "amount": f"{row['amount']:.2f}"}


class Adapter(Base):
    base = "http://127.0.0.1:8093"
    pidfile = FOLDER + "/pid"
    log = FOLDER + "/run.log"
    cookie = csrf = ""
    cmd = [os.environ.get("KEZHI_BIN", "target/release/kezhi"), "--data-dir", FOLDER + "/data"]
    cmd += ["--database", DATABASE] if DATABASE else []
    cmd += ["serve", "--listen", "127.0.0.1:8093"]

    def headers(self):
        return {"Cookie": self.cookie, "X-CSRF-Token": self.csrf, "Content-Type": "application/json"}

    def start(self):
        os.makedirs(FOLDER, exist_ok=True)
        return super().start()

    def probe_request(self):
        return "GET", "/readyz", ""

    def login(self):
        where = urllib.parse.urlsplit(self.base)
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=30)
        body = json.dumps({"login": "admin", "password": PASSWORD})
        connection.request("POST", "/api/session", body=body, headers={"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        if answer.status == 200:
            self.cookie = answer.getheader("Set-Cookie").split(";")[0]
            self.csrf = told["csrf_token"]

    def setup(self):
        self.http("POST", "/api/setup", {"title": "Bench", "login": "admin", "password": PASSWORD})
        self.login()
        self.http("PUT", "/api/draft/manifest/manifest", MANIFEST)
        self.http("PUT", "/api/draft/entities/customer", ENTITY)
        self.http("POST", "/api/draft/publish", {"note": "bench"})

    def load(self, rows):
        for start in range(0, len(rows), 1000):
            self.http(*self.bulk(rows[start : start + 1000]))
        return "POST /api/entities/customer/batch, 1,000 operations"

    def ids(self):
        ids, after = [], ""
        while len(ids) < 10_000:
            page = self.http("GET", f"{RECORDS}?" + q(limit=500, fields="id", count="none", after=after))
            ids += [item["id"] for item in page["items"]]
            after = page["next"]
            if not after:
                break
        return ids

    def create(self, row):
        return "POST", RECORDS, json.dumps(record(row))

    def get(self, id):
        return "GET", f"{RECORDS}/{id}", ""

    def list(self, industry, min_amount, count):
        where = {
            "all": [
                {"field": "industry", "op": "eq", "value": industry},
                {"field": "amount", "op": "gt", "value": f"{min_amount}.00"},
            ]
        }
        asked = q(where=where, sort="-amount", limit=50, count="exact" if count else "none")
        return "GET", f"{RECORDS}?{asked}", ""

    def search(self, term):
        where = {"field": "name", "op": "contains", "value": term}
        return "GET", f"{RECORDS}?" + q(where=where, limit=50, count="none"), ""

    def aggregate(self):
        asked = {"group_by": ["grade"], "measures": [{"count": "*"}, {"sum": "amount"}]}
        return "POST", "/api/entities/customer/aggregate", json.dumps(asked)

    def update(self, id, score):
        return "PATCH", f"{RECORDS}/{id}", json.dumps({"score": score})

    def bulk(self, rows):
        operations = [{"op": "create", "record": record(row)} for row in rows]
        return "POST", "/api/entities/customer/batch", json.dumps({"operations": operations})
