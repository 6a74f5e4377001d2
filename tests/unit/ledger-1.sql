BEGIN TRANSACTION;
CREATE TABLE approvals (
	id INTEGER NOT NULL, 
	report VARCHAR NOT NULL, 
	period VARCHAR NOT NULL, 
	unit VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	expires_at DATETIME, 
	note TEXT NOT NULL, 
	signature TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "approvals" VALUES(1,'board','2026-Q1','','20260410T070000Z-0a1b2c3d','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','approve','Ada Lind','2026-04-10 09:00:00.000000',NULL,'','');
CREATE TABLE deliveries (
	id INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	report VARCHAR NOT NULL, 
	period VARCHAR NOT NULL, 
	unit VARCHAR NOT NULL, 
	edition VARCHAR NOT NULL, 
	revision INTEGER NOT NULL, 
	about VARCHAR NOT NULL, 
	recipient VARCHAR NOT NULL, 
	copy INTEGER NOT NULL, 
	run_id VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	job TEXT NOT NULL, 
	state VARCHAR NOT NULL, 
	attempts INTEGER NOT NULL, 
	not_before DATETIME NOT NULL, 
	owner VARCHAR NOT NULL, 
	lease_until DATETIME, 
	prepared_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	message_id VARCHAR NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	sent TEXT NOT NULL, 
	said TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (kind, report, period, unit, edition, revision, about, recipient, copy)
);
INSERT INTO "deliveries" VALUES(1,'report','board','2026-Q1','','full',1,'','anna@example.org',0,'20260410T070000Z-0a1b2c3d','','{}','accepted',0,'2026-04-10 09:00:00.000000','',NULL,'2026-04-10 09:00:00.000000','2026-04-10 09:00:00.000000','<anna@example.org>','5555555555555555555555555555555555555555555555555555555555555555','{"attached": {"a.pdf": "f"}}','250 anna@example.org');
INSERT INTO "deliveries" VALUES(2,'report','board','2026-Q1','','full',1,'','ben@example.org',0,'20260410T070000Z-0a1b2c3d','','{}','refused',0,'2026-04-10 09:00:00.000000','',NULL,'2026-04-10 09:00:00.000000','2026-04-10 09:00:00.000000','<ben@example.org>','5555555555555555555555555555555555555555555555555555555555555555','{"attached": {"a.pdf": "f"}}','250 ben@example.org');
INSERT INTO "deliveries" VALUES(3,'report','board','2026-Q1','','full',1,'','cleo@example.org',0,'20260410T070000Z-0a1b2c3d','','{}','prepared',0,'2026-04-10 09:00:00.000000','',NULL,'2026-04-10 09:00:00.000000','2026-04-10 09:00:00.000000','','','{}','');
CREATE TABLE delivery_events (
	id INTEGER NOT NULL, 
	delivery_id INTEGER NOT NULL, 
	state VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	said TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(delivery_id) REFERENCES deliveries (id)
);
INSERT INTO "delivery_events" VALUES(1,1,'sending','2026-04-10 09:00:00.000000','');
INSERT INTO "delivery_events" VALUES(2,1,'accepted','2026-04-10 09:00:00.000000','250 anna@example.org');
INSERT INTO "delivery_events" VALUES(3,2,'sending','2026-04-10 09:00:00.000000','');
INSERT INTO "delivery_events" VALUES(4,2,'refused','2026-04-10 09:00:00.000000','250 ben@example.org');
CREATE TABLE due_runs (
	id INTEGER NOT NULL, 
	report VARCHAR NOT NULL, 
	period VARCHAR NOT NULL, 
	unit VARCHAR NOT NULL, 
	scheduled_at DATETIME NOT NULL, 
	cut_off DATETIME, 
	state VARCHAR NOT NULL, 
	attempts INTEGER NOT NULL, 
	not_before DATETIME NOT NULL, 
	owner VARCHAR NOT NULL, 
	lease_until DATETIME, 
	run_id VARCHAR NOT NULL, 
	said TEXT NOT NULL, 
	changed_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (report, period, unit)
);
INSERT INTO "due_runs" VALUES(1,'board','2026-Q1','','2026-04-10 09:00:00.000000',NULL,'done',0,'2026-04-10 09:00:00.000000','',NULL,'','','2026-04-10 09:00:00.000000');
CREATE TABLE errata (
	publication_id INTEGER NOT NULL, 
	measure VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	erratum TEXT NOT NULL, 
	PRIMARY KEY (publication_id, measure, scope), 
	FOREIGN KEY(publication_id) REFERENCES publications (id)
);
CREATE TABLE events (
	id INTEGER NOT NULL, 
	run_id VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	"by" VARCHAR NOT NULL, 
	note TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "events" VALUES(1,'20260410T070000Z-0a1b2c3d','published','2026-04-10 09:00:00.000000','','');
CREATE TABLE figures (
	publication_id INTEGER NOT NULL, 
	measure VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	value FLOAT, 
	status VARCHAR NOT NULL, 
	definition_version INTEGER NOT NULL, 
	figure TEXT NOT NULL, 
	PRIMARY KEY (publication_id, measure, scope), 
	FOREIGN KEY(publication_id) REFERENCES publications (id)
);
INSERT INTO "figures" VALUES(1,'V01','',10.0,'none',1,'{"as_of": "2026-03-31", "confidence": "D", "currency": null, "definition_version": 1, "denominator": null, "direction": "down", "high": null, "inputs": [], "known_by": "2026-04-09T00:00:00", "low": null, "measure": "V01", "n": null, "name": "Open", "numerator": null, "owner": "", "parts": [], "reason": "", "scope": "", "status": "none", "target": null, "unit": "count", "value": 10.0}');
INSERT INTO "figures" VALUES(1,'V01','severity=high',NULL,'none',1,'{"as_of": "2026-03-31", "confidence": "D", "currency": null, "definition_version": 1, "denominator": null, "direction": "down", "high": null, "inputs": [], "known_by": "2026-04-09T00:00:00", "low": null, "measure": "V01", "n": null, "name": "Open", "numerator": null, "owner": "", "parts": [], "reason": "not loaded", "scope": "severity=high", "status": "none", "target": null, "unit": "count", "value": null}');
CREATE TABLE incidents (
	id INTEGER NOT NULL, 
	report VARCHAR NOT NULL, 
	period VARCHAR NOT NULL, 
	unit VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	opened_at DATETIME NOT NULL, 
	closed_at DATETIME, 
	said TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (report, period, unit, kind, number)
);
CREATE TABLE publication_inputs (
	publication_id INTEGER NOT NULL, 
	"table" VARCHAR NOT NULL, 
	extract VARCHAR NOT NULL, 
	PRIMARY KEY (publication_id, "table", extract), 
	FOREIGN KEY(publication_id) REFERENCES publications (id)
);
INSERT INTO "publication_inputs" VALUES(1,'findings','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');
CREATE TABLE publications (
	id INTEGER NOT NULL, 
	report VARCHAR NOT NULL, 
	period VARCHAR NOT NULL, 
	unit VARCHAR NOT NULL, 
	revision INTEGER NOT NULL, 
	run_id VARCHAR NOT NULL, 
	as_of DATE NOT NULL, 
	known_by DATETIME NOT NULL, 
	published_at DATETIME NOT NULL, 
	also TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (report, period, unit, revision)
);
INSERT INTO "publications" VALUES(1,'board','2026-Q1','',1,'20260410T070000Z-0a1b2c3d','2026-03-31','2026-04-09 00:00:00.000000','2026-04-10 09:00:00.000000','[]');
CREATE INDEX ix_deliveries_state ON deliveries (state);
COMMIT;
