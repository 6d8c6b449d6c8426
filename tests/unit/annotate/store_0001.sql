BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE documents (
	id VARCHAR(34) NOT NULL, 
	place VARCHAR(500) NOT NULL, 
	image VARCHAR(34) NOT NULL, 
	box VARCHAR(100), 
	owner VARCHAR(200), 
	study VARCHAR(34), 
	arm VARCHAR(200), 
	repeat INTEGER NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	revision INTEGER NOT NULL, 
	hierarchy TEXT NOT NULL, 
	since VARCHAR(40) NOT NULL, 
	CONSTRAINT pk_documents PRIMARY KEY (id), 
	CONSTRAINT uq_documents_place UNIQUE (place), 
	CONSTRAINT fk_documents_image FOREIGN KEY(image) REFERENCES images (id), 
	CONSTRAINT fk_documents_owner FOREIGN KEY(owner) REFERENCES users (alias)
);
INSERT INTO "documents" VALUES('d-7d187f30f552453da1076a1c1d24cc5f','["i-95563e3f36c8ad573eae914280c85455", null, null, null, null, 0]','i-95563e3f36c8ad573eae914280c85455',NULL,NULL,NULL,NULL,0,'not_started',4,'{}','2026-11-22T17:12:18.989+00:00');
CREATE TABLE edits (
	sequence INTEGER NOT NULL, 
	id VARCHAR(34) NOT NULL, 
	document VARCHAR(34) NOT NULL, 
	revision INTEGER NOT NULL, 
	gesture VARCHAR(34) NOT NULL, 
	nucleus VARCHAR(34), 
	undoes VARCHAR(34), 
	redoes VARCHAR(34), 
	tool VARCHAR(40) NOT NULL, 
	made_by VARCHAR(200) NOT NULL, 
	stored VARCHAR(40) NOT NULL, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_edits PRIMARY KEY (sequence), 
	CONSTRAINT uq_edits_id UNIQUE (id), 
	CONSTRAINT uq_edits_document UNIQUE (document, revision), 
	CONSTRAINT fk_edits_document FOREIGN KEY(document) REFERENCES documents (id), 
	CONSTRAINT fk_edits_made_by FOREIGN KEY(made_by) REFERENCES users (alias)
);
INSERT INTO "edits" VALUES(1,'e-00000000000000000000000000000001','d-7d187f30f552453da1076a1c1d24cc5f',1,'g-00000000000000000000000000000001','n-00000000000000000000000000000001',NULL,NULL,'','R1','2026-11-22T17:12:19.006+00:00','{"id":"e-00000000000000000000000000000001","gesture":"g-00000000000000000000000000000001","nucleus":"n-00000000000000000000000000000001","base":0,"after":{"id":"n-00000000000000000000000000000001","kind":"outline","rings":[[1,1,5.25,1,5,5]],"label":"tumor","z":null,"suggestion":null,"verdict":null},"tool":"","undoes":null,"redoes":null,"time":""}');
INSERT INTO "edits" VALUES(2,'e-00000000000000000000000000000002','d-7d187f30f552453da1076a1c1d24cc5f',2,'g-00000000000000000000000000000002','n-00000000000000000000000000000002',NULL,NULL,'','R1','2026-11-22T17:12:19.006+00:00','{"id":"e-00000000000000000000000000000002","gesture":"g-00000000000000000000000000000002","nucleus":"n-00000000000000000000000000000002","base":0,"after":{"id":"n-00000000000000000000000000000002","kind":"outline","rings":[[1,1,5.25,1,5,5]],"label":"stroma","z":null,"suggestion":null,"verdict":null},"tool":"","undoes":null,"redoes":null,"time":""}');
INSERT INTO "edits" VALUES(3,'e-00000000000000000000000000000003','d-7d187f30f552453da1076a1c1d24cc5f',3,'g-00000000000000000000000000000003','n-00000000000000000000000000000001',NULL,NULL,'','R2','2026-11-22T17:12:19.024+00:00','{"id":"e-00000000000000000000000000000003","gesture":"g-00000000000000000000000000000003","nucleus":"n-00000000000000000000000000000001","base":1,"after":{"id":"n-00000000000000000000000000000001","kind":"outline","rings":[[1,1,5.25,1,5,5]],"label":"sTIL","z":null,"suggestion":null,"verdict":null},"tool":"","undoes":null,"redoes":null,"time":""}');
INSERT INTO "edits" VALUES(4,'e-00000000000000000000000000000004','d-7d187f30f552453da1076a1c1d24cc5f',4,'g-00000000000000000000000000000004','n-00000000000000000000000000000002',NULL,NULL,'','R2','2026-11-22T17:12:19.041+00:00','{"id":"e-00000000000000000000000000000004","gesture":"g-00000000000000000000000000000004","nucleus":"n-00000000000000000000000000000002","base":2,"after":null,"tool":"","undoes":null,"redoes":null,"time":""}');
CREATE TABLE images (
	id VARCHAR(34) NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	CONSTRAINT pk_images PRIMARY KEY (id), 
	CONSTRAINT uq_images_name UNIQUE (name, sha256)
);
INSERT INTO "images" VALUES('i-95563e3f36c8ad573eae914280c85455','a.tif','0000000000000000000000000000000000000000000000000000000000000000',100,80);
CREATE TABLE invitations (
	token_hash VARCHAR(128) NOT NULL, 
	role VARCHAR(20) NOT NULL, 
	rater_group VARCHAR(200) DEFAULT '' NOT NULL, 
	invited_by VARCHAR(200) NOT NULL, 
	expires VARCHAR(40) NOT NULL, 
	accepted_by VARCHAR(200), 
	CONSTRAINT pk_invitations PRIMARY KEY (token_hash), 
	CONSTRAINT fk_invitations_accepted_by FOREIGN KEY(accepted_by) REFERENCES users (alias)
);
INSERT INTO "invitations" VALUES('0000000000000000000000000000000000000000000000000000000000000000','rater','','R1','2026-12-01T00:00:00+00:00',NULL);
CREATE TABLE nuclei (
	document VARCHAR(34) NOT NULL, 
	id VARCHAR(34) NOT NULL, 
	revision INTEGER NOT NULL, 
	body TEXT, 
	CONSTRAINT pk_nuclei PRIMARY KEY (document, id), 
	CONSTRAINT fk_nuclei_document FOREIGN KEY(document) REFERENCES documents (id)
);
INSERT INTO "nuclei" VALUES('d-7d187f30f552453da1076a1c1d24cc5f','n-00000000000000000000000000000001',3,'{"id":"n-00000000000000000000000000000001","kind":"outline","rings":[[1,1,5.25,1,5,5]],"label":"sTIL","z":null,"suggestion":null,"verdict":null,"rater":"R2","revision":3}');
INSERT INTO "nuclei" VALUES('d-7d187f30f552453da1076a1c1d24cc5f','n-00000000000000000000000000000002',4,NULL);
CREATE TABLE users (
	alias VARCHAR(200) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	role VARCHAR(20) NOT NULL, 
	rater_group VARCHAR(200) DEFAULT '' NOT NULL, 
	password_hash TEXT DEFAULT '' NOT NULL, 
	active BOOLEAN NOT NULL, 
	since VARCHAR(40) NOT NULL, 
	CONSTRAINT pk_users PRIMARY KEY (alias), 
	CONSTRAINT uq_users_name UNIQUE (name)
);
INSERT INTO "users" VALUES('R1','Ada','admin','','$argon2id$not-a-hash',1,'2026-11-22T17:12:18.946+00:00');
INSERT INTO "users" VALUES('R2','Grace','rater','residents','',1,'2026-11-22T17:12:18.961+00:00');
CREATE INDEX ix_documents_image ON documents (image);
CREATE INDEX ix_documents_owner ON documents (owner);
CREATE INDEX ix_documents_study ON documents (study);
CREATE INDEX ix_edits_nucleus ON edits (document, nucleus, revision);
CREATE INDEX ix_edits_gesture ON edits (document, gesture);
COMMIT;
