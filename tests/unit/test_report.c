/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/report.h"

static char *as_text(const struct findings *all, const struct report *how,
		     void (*print)(FILE *, const struct findings *,
				   const struct report *))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(out);
	print(out, all, how);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

static void expect_text(const struct findings *all, const struct report *how,
			const char *expected)
{
	char *text = as_text(all, how, report_text);

	ck_assert_str_eq(text, expected);
	free(text);
}

static struct finding *add_unix(struct findings *all)
{
	static const char *const base[] = {"criu-ns", "dump", "-t", "4242",
					   "-D",      "img",  NULL};
	struct finding *f;

	f = finding_add(all, "unix-stream-external", FINDING_CAUSE);
	finding_cause(f, "it holds one end of a unix stream connection whose "
			 "other end is outside its tree");
	finding_value(f, "ino", "%d", 31337);
	finding_cure(f, "to checkpoint it all the same");
	finding_command(f, base, 2, "--external", "unix[31337]");
	f->line = strdup("Can't dump half of stream unix connection");
	f->line_number = 412;
	f->reference = "criu(8)";
	return f;
}

START_TEST(test_layout)
{
	struct findings all = {0};
	struct report how = {.prefix = "criu-ns: dump of 4242 (nginx) failed: ",
			     .log = "img/dump.log",
			     .end = "the tree runs on unharmed",
			     .max_lines = 12,
			     .width = 72};

	add_unix(&all);
	expect_text(&all, &how,
		    "criu-ns: dump of 4242 (nginx) failed: it holds one end of "
		    "a unix stream\n"
		    "  connection whose other end is outside its tree\n"
		    "  to checkpoint it all the same:\n"
		    "    criu-ns dump -t 4242 -D img --external 'unix[31337]'\n"
		    "  log: img/dump.log, line 412: Can't dump half of stream "
		    "unix connection\n"
		    "  the tree runs on unharmed\n");
	finding_free(&all);
}
END_TEST

START_TEST(test_no_wrapping)
{
	struct findings all = {0};
	struct report how = {0};

	add_unix(&all);
	expect_text(&all, &how,
		    "it holds one end of a unix stream connection whose other "
		    "end is outside its tree\n"
		    "  to checkpoint it all the same:\n"
		    "    criu-ns dump -t 4242 -D img --external 'unix[31337]'\n"
		    "  log: line 412: Can't dump half of stream unix "
		    "connection\n");
	finding_free(&all);
}
END_TEST

/* Three findings of four lines each in seven, eight, twelve, thirteen. */
START_TEST(test_limit)
{
	static const struct {
		size_t limit, lines;
		const char *last;
	} row[] = {
		{5, 5, "  and 2 more\n"},  {8, 5, "  and 2 more\n"},
		{9, 9, "  and 1 more\n"},  {11, 9, "  and 1 more\n"},
		{12, 12, "connection\n"},  {2, 2, "  and 2 more\n"},
		{3, 3, "  and 2 more\n"},  {0, 12, "connection\n"},
		{100, 12, "connection\n"},
	};
	struct findings all = {0};
	struct report how = {.max_lines = row[_i].limit};
	size_t lines = 0, len;
	char *text, *c;

	add_unix(&all);
	add_unix(&all);
	add_unix(&all);
	text = as_text(&all, &how, report_text);
	for (c = text; *c; c++)
		lines += *c == '\n';
	len = strlen(row[_i].last);
	ck_assert_uint_eq(lines, row[_i].lines);
	ck_assert_uint_ge(strlen(text), len);
	ck_assert_str_eq(text + strlen(text) - len, row[_i].last);
	free(text);
	finding_free(&all);
}
END_TEST

START_TEST(test_weights)
{
	struct findings all = {0};
	struct report how = {0};

	finding_cause(finding_add(&all, "a", FINDING_NOISE), "one");
	finding_cause(finding_add(&all, "b", FINDING_CAUSE), "two");
	finding_cause(finding_add(&all, "c", FINDING_FALLOUT), "three");
	finding_cause(finding_add(&all, "d", FINDING_UNKNOWN), "four");
	finding_cause(finding_add(&all, "e", FINDING_LOSS), "five");
	finding_cause(finding_add(&all, "f", FINDING_CAUSE), "six");
	expect_text(&all, &how,
		    "two\nunexplained: four\nwill be lost: five\nalso: six\n");
	how.all = true;
	expect_text(&all, &how,
		    "harmless: one\ntwo\nfollows from it: three\n"
		    "unexplained: four\nwill be lost: five\nalso: six\n");
	finding_free(&all);
}
END_TEST

START_TEST(test_foreign_bytes)
{
	struct findings all = {0};
	struct report how = {.width = 40};
	struct finding *f;
	char *text;

	f = finding_add(&all, "x", FINDING_CAUSE);
	finding_cause(f, "a\033[2Jb\r\n\302\233m \303\244");
	finding_value(f, "path", "\"\\\t\377\302\233\355\240\200\303\244");
	expect_text(&all, &how, "a?[2Jb???\233m \303\244\n");
	text = as_text(&all, &how, report_json);
	ck_assert_str_eq(text,
			 "{\"findings\":[{\"id\":\"x\",\"weight\":\"cause\","
			 "\"cause\":\"a\\u001b[2Jb\\u000d\\u000a\302\233m "
			 "\303\244\",\"values\":{\"path\":\"\\\"\\\\\\u0009"
			 "\\ufffd\302\233\\ufffd\\ufffd\\ufffd\303\244\"}}]}"
			 "\n");
	free(text);
	finding_free(&all);
}
END_TEST

START_TEST(test_json)
{
	struct findings all = {0};
	struct report how = {.log = "img/dump.log"};
	char *text;

	text = as_text(&all, &how, report_json);
	ck_assert_str_eq(text, "{\"findings\":[]}\n");
	free(text);
	add_unix(&all);
	all.broken = true;
	text = as_text(&all, &how, report_json);
	ck_assert_str_eq(
		text,
		"{\"findings\":[{\"id\":\"unix-stream-external\","
		"\"weight\":\"cause\",\"cause\":\"it holds one end of a unix "
		"stream connection whose other end is outside its tree\","
		"\"values\":{\"ino\":\"31337\"},"
		"\"cure\":\"to checkpoint it all the same\","
		"\"argv\":[\"criu-ns\",\"dump\",\"-t\",\"4242\",\"-D\","
		"\"img\",\"--external\",\"unix[31337]\"],"
		"\"reference\":\"criu(8)\",\"log\":\"img/dump.log\","
		"\"line\":412,\"text\":\"Can't dump half of stream unix "
		"connection\"}],\"complete\":false}\n");
	free(text);
	finding_free(&all);
}
END_TEST

START_TEST(test_quote)
{
	static const struct {
		const char *word, *quoted;
	} row[] = {
		{"plain-1.2/x:y=z,@%", "plain-1.2/x:y=z,@%"},
		{"", "''"},
		{"unix[1]", "'unix[1]'"},
		{"it's", "'it'\\''s'"},
		{"$x `y` \"z\"", "'$x `y` \"z\"'"},
		{"~root", "'~root'"},
		{"=x", "'=x'"},
		{"a\nb'\\", "$'a\\012b\\'\\\\'"},
	};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	report_quote(out, row[_i].word);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_str_eq(text, row[_i].quoted);
	free(text);
}
END_TEST

/* A word that is longer than the line stays whole; no column is a byte. */
START_TEST(test_wrapping)
{
	struct findings all = {0};
	struct report how = {.width = 30};

	finding_cause(finding_add(&all, "a", FINDING_CAUSE),
		      "file /a/very/long/path/that/nobody/can/break/at/all "
		      "is \303\244\303\244\303\244\303\244\303\244\303\244"
		      "\303\244\303\244\303\244\303\244 here and there");
	expect_text(&all, &how,
		    "file\n"
		    "  /a/very/long/path/that/nobody/can/break/at/all\n"
		    "  is \303\244\303\244\303\244\303\244\303\244\303\244"
		    "\303\244\303\244\303\244\303\244 here and there\n");
	finding_free(&all);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("report");
	TCase *c = tcase_create("report");

	tcase_add_test(c, test_layout);
	tcase_add_test(c, test_no_wrapping);
	tcase_add_loop_test(c, test_limit, 0, 9);
	tcase_add_test(c, test_weights);
	tcase_add_test(c, test_foreign_bytes);
	tcase_add_test(c, test_json);
	tcase_add_loop_test(c, test_quote, 0, 8);
	tcase_add_test(c, test_wrapping);
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
