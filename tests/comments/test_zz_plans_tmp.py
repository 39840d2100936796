import sys
from tests.comments.test_reading_costs import *
from tests.comments import test_reading_costs as T
import time
from django.db import connection as CN
from django.db.backends.utils import CursorWrapper
_ex=CursorWrapper.execute
def ex(self,sql,params=None):
    t=time.time(); r=_ex(self,sql,params); d=time.time()-t
    if d>0.1: print("SLOW %.2f"%d, str(sql).strip()[:60],flush=True)
    return r
CursorWrapper.execute=ex
def scans(node, depth=0):
    if "Scan" in node["Node Type"]: print("   ", "·"*depth, node["Node Type"], node.get("Relation Name",""), node.get("Index Name",""), "rows",node["Actual Rows"],"rem",node.get("Rows Removed by Filter",0),node.get("Rows Removed by Index Recheck",0),"loops",node["Actual Loops"])
    else: print("   ", "·"*depth, node["Node Type"])
    for c in node.get("Plans",[]): scans(c,depth+1)
def rr(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}".replace("%", "%%"), [])
        plan = cursor.fetchone()[0]
    p=(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    if VERBOSE: print(sql[:120]); scans(p)
    return T._read_by(p)
T.rows_read=rr
VERBOSE=True
def test_x(talks):
    for t in talks:
        for addr,kw in [(f"/threads/{t.thread_id}",{}),(f"/threads/{t.thread_id}/comments",{}),(f"/threads/{t.thread_id}/comments",{"limit":100}),(f"/threads/{t.thread_id}/comments/{t.root_id}/replies",{}),(f"/threads/{t.thread_id}/comments/{t.root_id}",{}),("/threads/lookup",{"url":t.edition.url,"comments":20}),("/counts",{"url":[u.edition.url for u in talks]}),("/counts",{"thread":[u.thread_id for u in talks]}),(f"/articles/{t.edition.article_id}/related",{"edition":"ko"})]:
            print("=====",addr,kw); c=Cost(addr,**kw); print(">>>>",c.queries,"queries",c.rows_read,"rows; shown",shown_in(c.body) if "results" in c.body and c.body["results"] and "thread" in c.body["results"][0] and "id" in c.body["results"][0] else "?")
        page=Cost(f"/threads/{t.thread_id}/comments").body
        ids=[r["id"] for r in page["results"]]+[x["id"] for r in page["results"] for x in r["replies"]["results"]]
        print("===== me"); c=Cost(f"/me/threads/{t.thread_id}",token=t.token,comments=",".join(ids[:100])); print(">>>>",c.queries,c.rows_read,"votes",len(c.body["votes"]),"own",len(c.body["own"]))
import time, tests.comments.reading_scene as RS
