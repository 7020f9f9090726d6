/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/argv.h"

#define MAX_WORDS 24
#define MAX_TEXT 4096

/* Splits at '|', so that words may hold blanks or nothing. */
struct line {
	char text[MAX_TEXT];
	char *word[MAX_WORDS + 1];
	int n;
};

static void split(struct line *l, const char *text)
{
	char *rest = l->text;

	ck_assert_uint_lt(strlen(text), sizeof(l->text));
	strcpy(l->text, text);
	for (l->n = 0; rest; l->n++) {
		ck_assert_int_lt(l->n, MAX_WORDS);
		l->word[l->n] = strsep(&rest, "|");
	}
	l->word[l->n] = NULL;
}

static void join(char *text, char *const *words)
{
	*text = '\0';
	for (int i = 0; words[i]; i++) {
		ck_assert_uint_lt(strlen(text) + strlen(words[i]) + 2,
				  MAX_TEXT);
		if (i > 0)
			strcat(text, "|");
		strcat(text, words[i]);
	}
}

static int parse(struct argv *a, const char *text, char *why)
{
	struct line l;

	split(&l, text);
	return argv_parse(a, l.n, l.word, why);
}

static void built_is(const struct argv *a, const char *want)
{
	char **v = argv_build(a, "criu"), text[MAX_TEXT];

	ck_assert_ptr_nonnull(v);
	join(text, v);
	ck_assert_str_eq(text, want);
	argv_build_free(v);
}

static void becomes(const char *typed, const char *want)
{
	struct argv a;
	char why[ARGV_WHY];

	ck_assert_int_eq(parse(&a, typed, why), 0);
	built_is(&a, want);
	argv_free(&a);
}

static void refused(const char *typed, const char *sentence)
{
	struct argv a;
	char why[ARGV_WHY] = "";

	ck_assert_int_eq(parse(&a, typed, why), -EINVAL);
	ck_assert_str_eq(why, sentence);
	argv_free(&a);
}

/*
 * Every option of the table in every form.
 */

static int n_rows(void)
{
	int n = 0;

	while (option_table[n].name)
		n++;
	return n;
}

__attribute__((format(printf, 2, 3))) static void
one_option(const struct argv_option *want, const char *format, ...)
{
	char typed[MAX_TEXT], why[ARGV_WHY] = "";
	struct argv a;
	va_list args;

	va_start(args, format);
	vsnprintf(typed, sizeof(typed), format, args);
	va_end(args);
	ck_assert_msg(parse(&a, typed, why) == 0, "%s: %s", typed, why);
	ck_assert_msg(a.n_options > 0, "%s", typed);
	ck_assert_ptr_eq(a.option[a.n_options - 1].row, want->row);
	ck_assert_int_eq(a.option[a.n_options - 1].negated, want->negated);
	ck_assert_pstr_eq(a.option[a.n_options - 1].value, want->value);
	ck_assert_str_eq(a.action, "restore");
	ck_assert_uint_eq(a.n_operands, 0);
	argv_free(&a);
}

START_TEST(long_forms)
{
	const struct option_row *row = &option_table[_i];
	struct argv_option want = {.row = row};
	char sentence[ARGV_WHY], typed[128];

	if (row->arg != ARG_REQUIRED)
		one_option(&want, "criu|restore|--%s", row->name);
	if (row->arg == ARG_NONE) {
		snprintf(typed, sizeof(typed), "criu|--%s=x", row->name);
		snprintf(sentence, sizeof(sentence),
			 "option '--%s' takes no value", row->name);
		refused(typed, sentence);
		return;
	}
	want.value = "x";
	one_option(&want, "criu|--%s=x|restore", row->name);
	want.value = "a=b c";
	one_option(&want, "criu|--%s=a=b c|restore", row->name);
	want.value = "--tree";
	one_option(&want, "criu|--%s=--tree|restore", row->name);
	want.value = "";
	one_option(&want, "criu|--%s=|restore", row->name);
}
END_TEST

START_TEST(value_in_the_next_word)
{
	const struct option_row *row = &option_table[_i];
	struct argv_option want = {.row = row};
	char sentence[ARGV_WHY], typed[128];

	if (row->arg != ARG_REQUIRED)
		return;
	want.value = "x";
	one_option(&want, "criu|--%s|x|restore", row->name);
	want.value = "--restore-detached";
	one_option(&want, "criu|restore|--%s|--restore-detached", row->name);
	want.value = "--";
	one_option(&want, "criu|restore|--%s|--", row->name);
	want.value = "";
	one_option(&want, "criu|restore|--%s|", row->name);
	snprintf(typed, sizeof(typed), "criu|restore|--%s", row->name);
	snprintf(sentence, sizeof(sentence), "option '--%s' needs a value",
		 row->name);
	refused(typed, sentence);
}
END_TEST

START_TEST(negated_form)
{
	const struct option_row *row = &option_table[_i];
	struct argv_option want = {.row = row, .negated = true};
	char sentence[ARGV_WHY], typed[128];

	if (row->negatable) {
		one_option(&want, "criu|restore|--no-%s", row->name);
		return;
	}
	if (!strcmp(row->name, "all")) {
		becomes("criu|--no-all", "criu|--no-allow-uprobes");
		return;
	}
	snprintf(typed, sizeof(typed), "criu|--no-%s", row->name);
	snprintf(sentence, sizeof(sentence), "option '--no-%s' is unknown",
		 row->name);
	refused(typed, sentence);
}
END_TEST

START_TEST(letter_forms)
{
	const struct option_row *row = &option_table[_i];
	struct argv_option want = {.row = row};
	char letter = row->letter, sentence[ARGV_WHY], typed[128];

	if (!letter)
		return;
	if (row->arg != ARG_REQUIRED) {
		one_option(&want, "criu|restore|-%c", letter);
		one_option(&want, "criu|-jd%c|restore", letter);
	}
	if (row->arg == ARG_NONE)
		return;
	want.value = "x";
	one_option(&want, "criu|restore|-%cx", letter);
	one_option(&want, "criu|restore|-sRdjl%cx", letter);
	want.value = "=x";
	one_option(&want, "criu|restore|-%c=x", letter);
	want.value = "-d";
	one_option(&want, "criu|restore|-%c-d", letter);
	if (row->arg == ARG_OPTIONAL)
		return;
	one_option(&want, "criu|restore|-%c|-d", letter);
	one_option(&want, "criu|restore|-l%c|-d", letter);
	want.value = "";
	one_option(&want, "criu|restore|-%c|", letter);
	snprintf(typed, sizeof(typed), "criu|-d%c", letter);
	snprintf(sentence, sizeof(sentence), "option '-%c' needs a value",
		 letter);
	refused(typed, sentence);
}
END_TEST

/* Whether these characters begin one name only, by looking at every name. */
static bool unambiguous(const char *typed, size_t len)
{
	char name[64];
	int n = 0;

	for (const struct option_row *r = option_table; r->name; r++) {
		for (int no = 0; !r->ours && no <= r->negatable; no++) {
			strcpy(name, no ? "no-" : "");
			strcat(name, r->name);
			n += !strncmp(name, typed, len);
		}
	}
	return n == 1;
}

static void abbreviate(struct argv_option *want, const char *name)
{
	for (size_t len = strlen(name) - 1; len > 0; len--) {
		if (!unambiguous(name, len))
			return;
		if (want->row->arg == ARG_NONE) {
			one_option(want, "criu|restore|--%.*s", (int)len, name);
			continue;
		}
		want->value = "x";
		one_option(want, "criu|restore|--%.*s=x", (int)len, name);
		if (want->row->arg == ARG_REQUIRED)
			one_option(want, "criu|restore|--%.*s|x", (int)len,
				   name);
	}
}

START_TEST(abbreviations_down_to_the_shortest)
{
	const struct option_row *row = &option_table[_i];
	struct argv_option want = {.row = row};
	char name[64];

	if (row->ours)
		return;
	abbreviate(&want, row->name);
	if (!row->negatable)
		return;
	want.negated = true;
	snprintf(name, sizeof(name), "no-%s", row->name);
	abbreviate(&want, name);
}
END_TEST

/*
 * Command lines, and what CRIU is told.
 */

static const struct {
	const char *typed, *built;
} lines[] = {
	{"criu", "criu"},
	{"criu|restore", "criu|restore"},
	{"criu|restore|-D|x", "criu|restore|--images-dir=x"},
	{"criu|-D|x|restore|-d",
	 "criu|restore|--images-dir=x|--restore-detached"},
	{"criu|restore|-dDx|-j",
	 "criu|restore|--restore-detached|--images-dir=x|--shell-job"},
	{"criu|restore|-vdDx", "criu|restore|--verbosity=dDx"},
	{"criu|restore|-v|-vv|-vvv|-v4",
	 "criu|restore|--verbosity|--verbosity=v|--verbosity=vv|"
	 "--verbosity=4"},
	{"criu|dump|-v|4", "criu|dump|--verbosity|--|4"},
	{"criu|dump|-x|-x5|--ext-u=5",
	 "criu|dump|--ext-unix-sk|--ext-unix-sk=5|--ext-unix-sk=5"},
	{"criu|dump|--cpu-cap=|--cpu-cap", "criu|dump|--cpu-cap=|--cpu-cap"},
	{"criu|dump|--cpu-cap|fpu", "criu|dump|--cpu-cap|--|fpu"},
	{"criu|dump|--images=d|--images-dir=e",
	 "criu|dump|--images-dir=d|--images-dir=e"},
	{"criu|dump|--root=", "criu|dump|--root="},
	{"criu|--daemon|-d|--no-dae", "criu|--daemon|--restore-detached|"
				      "--no-daemon"},
	{"criu|dump|-", "criu|dump|--|-"},
	{"criu|-D|-|-", "criu|-|--images-dir=-"},
	/* "--" */
	{"criu|dump|--", "criu|dump"},
	{"criu|--|dump|-t", "criu|dump|--|-t"},
	{"criu|-d|--|dump", "criu|dump|--restore-detached"},
	{"criu|dump|--|--", "criu|dump|--|--"},
	{"criu|-D|--|dump", "criu|dump|--images-dir=--"},
	{"criu|restore|--exec-cmd|--|CMD|-x|--tree",
	 "criu|restore|--exec-cmd|--|CMD|-x|--tree"},
	{"criu|--exec-cmd|restore|CMD|-x|a|-d",
	 "criu|restore|--exec-cmd|--ext-unix-sk|--restore-detached|--|CMD|a"},
	{"criu|restore|a||b c", "criu|restore|--|a||b c"},
	/* ours are not passed on */
	{"criu|--criu-binary|-D|restore|x", "criu|restore|--|x"},
	{"criu|--criu-binary=a|restore|--mounts=leave|-d",
	 "criu|restore|--restore-detached"},
	{"criu|-D|--criu-binary|restore",
	 "criu|restore|--images-dir=--criu-binary"},
	{"criu|restore|--|--mounts=leave", "criu|restore|--|--mounts=leave"},
};

START_TEST(line_for_criu)
{
	becomes(lines[_i].typed, lines[_i].built);
}
END_TEST

static const struct {
	const char *typed, *sentence;
} bad_lines[] = {
	{"criu|-z", "option '-z' is unknown"},
	{"criu|-dz", "option '-z' is unknown"},
	{"criu|-d=x", "option '-=' is unknown"},
	{"criu|-d-", "option '--' is unknown"},
	{"criu|-:", "option '-:' is unknown"},
	{"criu|--nonesuch", "option '--nonesuch' is unknown"},
	{"criu|--nonesuch=5", "option '--nonesuch' is unknown"},
	{"criu|---tree", "option '---tree' is unknown"},
	{"criu|--tree", "option '--tree' needs a value"},
	{"criu|--tre", "option '--tre' needs a value"},
	{"criu|-D", "option '-D' needs a value"},
	{"criu|restore|-dD", "option '-D' needs a value"},
	{"criu|--restore-detached=yes",
	 "option '--restore-detached' takes no value"},
	{"criu|--no-daem=", "option '--no-daem' takes no value"},
	{"criu|--tr=5",
	 "option '--tr' is ambiguous: it may mean --track-mem --tree"},
	{"criu|--no-re", "option '--no-re' is ambiguous: it may mean "
			 "--no-restore-detached --no-restore-sibling"},
	{"criu|--m", "option '--m' is ambiguous: it may mean "
		     "--manage-cgroups --mntns-compat-mode --ms"},
	{"criu|--criu-bin=x", "option '--criu-bin' is unknown"},
	{"criu|--mount=leave", "option '--mount' is unknown"},
	{"criu|--criu-binary", "option '--criu-binary' needs a value"},
	{"criu|--no-mounts", "option '--no-mounts' is unknown"},
};

START_TEST(refused_line)
{
	refused(bad_lines[_i].typed, bad_lines[_i].sentence);
}
END_TEST

START_TEST(long_list_of_candidates_is_cut)
{
	char why[ARGV_WHY];
	struct argv a;

	ck_assert_int_eq(parse(&a, "criu|--=x", why), -EINVAL);
	ck_assert_uint_lt(strlen(why), ARGV_WHY);
	ck_assert_str_eq(why + strlen(why) - 4, " ...");
	ck_assert_ptr_nonnull(strstr(why, " --action-script --address "));
	argv_free(&a);
}
END_TEST

START_TEST(nothing_at_all)
{
	char why[ARGV_WHY];
	struct argv a;

	ck_assert_int_eq(argv_parse(&a, 0, NULL, why), 0);
	ck_assert_ptr_null(a.action);
	ck_assert_ptr_nonnull(a.operand);
	ck_assert_ptr_null(a.operand[0]);
	built_is(&a, "criu");
	argv_free(&a);
}
END_TEST

START_TEST(action_and_operands)
{
	char why[ARGV_WHY], text[MAX_TEXT];
	struct argv a;

	ck_assert_int_eq(parse(&a, "criu|-d|restore|a|-j|b", why), 0);
	ck_assert_str_eq(a.action, "restore");
	ck_assert_uint_eq(a.n_operands, 2);
	join(text, a.operand);
	ck_assert_str_eq(text, "a|b");
	argv_free(&a);
}
END_TEST

START_TEST(posixly_correct)
{
	setenv("POSIXLY_CORRECT", "1", 1);
	becomes("criu|-D|x|restore|-d|--|y",
		"criu|restore|--images-dir=x|--|-d|--|y");
	becomes("criu|--|restore|-d", "criu|restore|--|-d");
	unsetenv("POSIXLY_CORRECT");
}
END_TEST

/*
 * What can be done with an argv.
 */

START_TEST(last_value_wins)
{
	char why[ARGV_WHY];
	struct argv a;

	ck_assert_int_eq(parse(&a, "criu|-Da|-Db|-x|-W=", why), 0);
	ck_assert_str_eq(argv_last(&a, OPT_IMAGES_DIR), "b");
	ck_assert_str_eq(argv_last(&a, OPT_WORK_DIR), "=");
	ck_assert_ptr_null(argv_last(&a, OPT_TREE));
	argv_free(&a);
}
END_TEST

static const struct {
	const char *typed;
	bool detach;
} flags[] = {
	{"criu|restore", false},
	{"criu|-d", true},
	{"criu|--daemon", true},
	{"criu|-d|--no-daemon", false},
	{"criu|--daemon|--no-restore-d", false},
	{"criu|--no-restore-d|-d", true},
	{"criu|-d|--no-shell-job", true},
	{"criu|-D-d", false},
	{"criu|--|-d", false},
};

START_TEST(last_word_on_a_flag)
{
	char why[ARGV_WHY];
	struct argv a;

	ck_assert_int_eq(parse(&a, flags[_i].typed, why), 0);
	ck_assert_int_eq(argv_flag(&a, OPT_DETACH), flags[_i].detach);
	argv_free(&a);
}
END_TEST

START_TEST(flag_without_no_form)
{
	char why[ARGV_WHY];
	struct argv a;

	ck_assert_int_eq(parse(&a, "criu|--exec-cmd|-t5", why), 0);
	ck_assert(argv_flag(&a, OPT_EXEC_CMD));
	ck_assert(argv_flag(&a, OPT_TREE));
	ck_assert(!argv_flag(&a, OPT_LEAVE_RUNNING));
	argv_free(&a);
}
END_TEST

START_TEST(drop_takes_all_out)
{
	char why[ARGV_WHY];
	struct argv a;

	ck_assert_int_eq(parse(&a, "criu|restore|-Da|-d|-Db|--daemon", why), 0);
	argv_drop(&a, OPT_IMAGES_DIR);
	built_is(&a, "criu|restore|--restore-detached|--daemon");
	argv_drop(&a, OPT_TREE);
	ck_assert_uint_eq(a.n_options, 2);
	argv_drop(&a, OPT_DETACH);
	built_is(&a, "criu|restore");
	argv_free(&a);
}
END_TEST

START_TEST(append_comes_last)
{
	char why[ARGV_WHY], value[] = "mine";
	struct argv a;

	ck_assert_int_eq(parse(&a, "criu|restore|-Da|--|cmd", why), 0);
	ck_assert_int_eq(argv_append(&a, "images-dir", false, value), 0);
	value[0] = 'M';
	ck_assert_int_eq(argv_append(&a, "daemon", true, NULL), 0);
	ck_assert_int_eq(argv_append(&a, "cpu-cap", false, ""), 0);
	ck_assert_int_eq(argv_append(&a, "images", false, "b"), -ENOENT);
	ck_assert_int_eq(argv_append(&a, "tree", true, NULL), -ENOENT);
	ck_assert_str_eq(argv_last(&a, OPT_IMAGES_DIR), "mine");
	built_is(&a, "criu|restore|--images-dir=a|--images-dir=mine|"
		     "--no-daemon|--cpu-cap=|--|cmd");
	argv_free(&a);
}
END_TEST

START_TEST(append_to_nothing)
{
	struct argv a = {0};

	ck_assert_int_eq(argv_append(&a, "tree", false, "5"), 0);
	built_is(&a, "criu|--tree=5");
	argv_free(&a);
	ck_assert_ptr_null(a.option);
	argv_free(&a);
	argv_free(NULL);
	argv_build_free(NULL);
}
END_TEST

START_TEST(set_value)
{
	char why[ARGV_WHY], value[] = "/proc/self/fd/9";
	struct argv a;

	ck_assert_int_eq(parse(&a, "criu|restore|-Da|-x", why), 0);
	ck_assert_int_eq(argv_set_value(&a.option[0], value), 0);
	ck_assert_int_eq(argv_set_value(&a.option[1], ""), 0);
	value[0] = 'X';
	built_is(&a, "criu|restore|--images-dir=/proc/self/fd/9|"
		     "--ext-unix-sk=");
	argv_free(&a);
}
END_TEST

/*
 * Against getopt_long(3) itself.
 */

#define MAX_NAMES 256

static struct option known[MAX_NAMES];
static char spelling[MAX_NAMES][64], letter_spec[128];
static int n_known;

static void know_all(void)
{
	char *p = letter_spec;

	for (const struct option_row *r = option_table; r->name; r++) {
		for (int no = 0; !r->ours && no <= r->negatable; no++) {
			sprintf(spelling[n_known], "%s%s", no ? "no-" : "",
				r->name);
			known[n_known].name = spelling[n_known];
			known[n_known].has_arg = r->arg;
			known[n_known].val = 1000 + n_known;
			n_known++;
		}
		if (r->letter)
			p += sprintf(p, "%c%s", r->letter,
				     &"::"[2 - (int)r->arg]);
	}
}

/* Writes what getopt_long makes of a line in our long spelling; false: error */
static bool ask_getopt(const struct line *l, char *text)
{
	char *word[MAX_WORDS + 1], built[MAX_WORDS * 2][256];
	char *out[MAX_WORDS * 2 + 1];
	int c, index, n = 0;

	memcpy(word, l->word, sizeof(word));
	optind = 0;
	opterr = 0;
	while (index = -1,
	       c = getopt_long(l->n, word, letter_spec, known, &index),
	       c != -1) {
		const char *name;

		if (c == '?')
			return false;
		ck_assert_int_lt(n, MAX_WORDS * 2);
		name = index < 0 ? option_by_letter(c)->name
				 : known[index].name;
		if (index >= 0 ? !known[index].has_arg
			       : !option_by_letter(c)->arg)
			optarg = NULL;
		snprintf(built[n], sizeof(built[n]), "--%s%s%s", name,
			 optarg ? "=" : "", optarg ? optarg : "");
		out[n] = built[n];
		n++;
	}
	out[n] = NULL;
	join(text, out);
	strcat(text, "|;");
	for (; optind < l->n; optind++) {
		strcat(text, "|");
		strcat(text, word[optind]);
	}
	return true;
}

/* The same text from an argv. */
static void describe(const struct argv *a, char *text)
{
	struct argv only_options = *a;
	char **v;

	only_options.action = NULL;
	only_options.n_operands = 0;
	v = argv_build(&only_options, "criu");
	ck_assert_ptr_nonnull(v);
	join(text, v + 1);
	argv_build_free(v);
	strcat(text, "|;");
	if (a->action) {
		strcat(text, "|");
		strcat(text, a->action);
	}
	for (size_t i = 0; i < a->n_operands; i++) {
		strcat(text, "|");
		strcat(text, a->operand[i]);
	}
}

static unsigned int seed;

static unsigned int chance(unsigned int n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 12) % n;
}

static void make_long(char *word)
{
	static const char *const values[] = {"=", "=x", "=--tree", "==", ""};
	const char *name = known[chance(n_known)].name;
	size_t len = strlen(name);

	if (chance(2))
		len -= chance(len + 1);
	sprintf(word, "--%s%.*s%s", chance(12) ? "" : "no-", (int)len, name,
		chance(2) ? "" : values[chance(5)]);
}

static void make_letters(char *word)
{
	static const char odd[] = "dSsRthDovxVrjJlWLM:=z4-";
	static const char good[] = "dSsRhVjl";
	int n = 1 + chance(4);

	*word++ = '-';
	while (--n)
		*word++ = good[chance(sizeof(good) - 1)];
	*word++ = chance(8) ? odd[chance(18)] : odd[chance(sizeof(odd) - 1)];
	strcpy(word, chance(3) ? "" : "/x");
}

static void make_line(struct line *l)
{
	static const char *const plain[] = {"restore", "dump", "x",   "",
					    "-",       "--",   "a=b", "5"};
	char *word = l->text;

	l->word[0] = "criu";
	l->n = 1 + chance(8);
	for (int i = 1; i < l->n; i++) {
		unsigned int kind = chance(8);

		if (kind < 3)
			make_long(word);
		else if (kind < 5)
			make_letters(word);
		else
			strcpy(word, plain[chance(8)]);
		l->word[i] = word;
		word += strlen(word) + 1;
	}
	l->word[l->n] = NULL;
}

static int same_as_getopt(const struct line *l)
{
	char want[MAX_TEXT], got[MAX_TEXT], typed[MAX_TEXT], why[ARGV_WHY];
	struct argv a;
	bool good = ask_getopt(l, want);

	join(typed, l->word);
	ck_assert_msg((argv_parse(&a, l->n, l->word, why) == 0) == good,
		      "%s: getopt_long %s it", typed,
		      good ? "takes" : "refuses");
	if (good) {
		describe(&a, got);
		ck_assert_msg(!strcmp(got, want), "%s: %s, not %s", typed, got,
			      want);
	}
	argv_free(&a);
	return good;
}

/* What we build means to getopt_long what was typed. */
static void survives_a_round_trip(const struct line *l)
{
	char want[MAX_TEXT], got[MAX_TEXT], why[ARGV_WHY];
	struct line again = {.n = 0};
	struct argv a;
	char **v;

	if (argv_parse(&a, l->n, l->word, why) < 0 || !a.action ||
	    a.action[0] == '-') {
		argv_free(&a);
		return;
	}
	describe(&a, want);
	v = argv_build(&a, "criu");
	ck_assert_ptr_nonnull(v);
	for (; v[again.n]; again.n++)
		again.word[again.n] = v[again.n];
	again.word[again.n] = NULL;
	ck_assert(ask_getopt(&again, got));
	ck_assert_str_eq(got, want);
	argv_build_free(v);
	argv_free(&a);
}

#define N_LINES 5000

START_TEST(generated_lines)
{
	struct line l;
	int n_good = 0;

	seed = 1 + _i;
	for (int i = 0; i < N_LINES; i++) {
		make_line(&l);
		n_good += same_as_getopt(&l);
		survives_a_round_trip(&l);
	}
	ck_assert_int_gt(n_good, N_LINES / 8);
	ck_assert_int_lt(n_good, N_LINES * 7 / 8);
}
END_TEST

START_TEST(generated_lines_posixly_correct)
{
	struct line l;

	setenv("POSIXLY_CORRECT", "1", 1);
	seed = 100 + _i;
	for (int i = 0; i < N_LINES; i++) {
		make_line(&l);
		same_as_getopt(&l);
	}
	unsetenv("POSIXLY_CORRECT");
}
END_TEST

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

static TCase *add_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 120);
	suite_add_tcase(s, t);
	return t;
}

static Suite *argv_suite(void)
{
	Suite *s = suite_create("argv");
	TCase *t = add_case(s, "forms");

	tcase_add_loop_test(t, long_forms, 0, n_rows());
	tcase_add_loop_test(t, value_in_the_next_word, 0, n_rows());
	tcase_add_loop_test(t, negated_form, 0, n_rows());
	tcase_add_loop_test(t, letter_forms, 0, n_rows());
	tcase_add_loop_test(t, abbreviations_down_to_the_shortest, 0, n_rows());

	t = add_case(s, "lines");
	tcase_add_loop_test(t, line_for_criu, 0, COUNT(lines));
	tcase_add_loop_test(t, refused_line, 0, COUNT(bad_lines));
	tcase_add_test(t, long_list_of_candidates_is_cut);
	tcase_add_test(t, nothing_at_all);
	tcase_add_test(t, action_and_operands);
	tcase_add_test(t, posixly_correct);

	t = add_case(s, "changes");
	tcase_add_test(t, last_value_wins);
	tcase_add_loop_test(t, last_word_on_a_flag, 0, COUNT(flags));
	tcase_add_test(t, flag_without_no_form);
	tcase_add_test(t, drop_takes_all_out);
	tcase_add_test(t, append_comes_last);
	tcase_add_test(t, append_to_nothing);
	tcase_add_test(t, set_value);

	t = add_case(s, "getopt");
	tcase_add_loop_test(t, generated_lines, 0, 4);
	tcase_add_loop_test(t, generated_lines_posixly_correct, 0, 2);
	return s;
}

int main(void)
{
	SRunner *runner;
	int failed;

	unsetenv("POSIXLY_CORRECT");
	know_all();
	runner = srunner_create(argv_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
