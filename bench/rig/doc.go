// Package rig is what the measures of ./bench are made on: the real program as whole processes, towns full of people,
// servers that take mail, a PostgreSQL of its own, lines that are slow, disks that are full.
//
// Nouns: a Rig is the workshop, with a folder that is removed at the end. A House is one installation of the program
// with its own data; a Fixture is a house with people in it that is made once and copied for each run. A Process is the
// program at work, a Usage what it cost. A Cluster is a PostgreSQL server started for the measures; a Postfix is
// smtp-sink, the mail server without a brake that comes with Postfix.
//
// Promises: every process that the rig starts ends with it; memory and CPU are the operating system's account, of the
// processes measured and not of the rig; nothing outside the rig's folder is written.
package rig
