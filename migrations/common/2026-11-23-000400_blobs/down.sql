DROP TABLE blob_segment;
DROP TABLE blob;
