# SPDX-License-Identifier: MIT
.DEFAULT_GOAL := all

# Semantic Versioning; `make check-docs` compares the change logs with it.
VERSION := 0.1.0

CC ?= cc
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
LIBEXECDIR ?= $(PREFIX)/libexec/criu-ns
DATADIR ?= $(PREFIX)/share
ZSHDIR ?= $(DATADIR)/zsh/site-functions
CFLAGS ?= $(if $(SANITIZE),-O1,-O2) -g
V ?= 0
Q := $(if $(filter 1,$V),,@)
say = @printf '  %-7s %s\n' $1 $2
# X = $(call once,X,VALUE): expanded at first use, so that `make deps` can bring
# what VALUE asks for, and never again.
once = $(eval $1 := $2)$($1)

B := $(if $(SANITIZE),build/asan,build)
ROOMS := ns mount tty image rpc explain exec

# Our flags stand apart from CFLAGS and LDFLAGS, which belong to the user.
takes = $(shell echo 'int main(void){return 0;}' | \
	$(CC) -Werror $1 -x c -o /dev/null - 2>/dev/null && echo '$1')
HARDEN = $(call once,HARDEN,$(call takes,-fstack-protector-strong) \
	$(call takes,-fstack-clash-protection) $(call takes,-fcf-protection))
# The same sources make the same bytes, wherever they are.
MAP = $(call once,MAP,$(if $(call takes,-ffile-prefix-map=/=.),\
	-ffile-prefix-map='$(CURDIR)'=.))
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wvla -Wundef -Wformat=2 $(WERROR)
PKG_CFLAGS = $(call once,PKG_CFLAGS,$(shell $(PKG_CONFIG) --cflags \
	libcap mount libprotobuf-c))
# Debian's fortify-by-default would be defined twice.
OUR_CPPFLAGS := -I. -I$B -D_GNU_SOURCE -MMD -MP \
	-DLIBEXECDIR='"$(LIBEXECDIR)"' -DVERSION='"$(VERSION)"' \
	$(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
OUR_CFLAGS = -std=gnu11 -fPIE $(WARN) $(HARDEN) $(MAP) $(PKG_CFLAGS)
OUR_LDFLAGS := -pie -Wl,-z,relro,-z,now,--as-needed
ifdef SANITIZE
OUR_CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
OUR_LDFLAGS += -fsanitize=$(SANITIZE)
endif
# libcap and libprotobuf-c go in as archives where there are any: each shared
# library costs a restore 0.05 ms.
ARCHIVES = -Wl,-Bstatic -lcap -lprotobuf-c -Wl,-Bdynamic
LIBS = $(call once,LIBS,$(shell $(PKG_CONFIG) --libs-only-L libcap \
	libprotobuf-c) $(or $(call takes,$(ARCHIVES)),-lcap -lprotobuf-c))
MOUNT_LIBS = $(call once,MOUNT_LIBS,$(shell $(PKG_CONFIG) --libs mount))
CHECK_LIBS = $(call once,CHECK_LIBS,$(shell $(PKG_CONFIG) --libs check))

# With musl the program is static and starts in a tenth of the time: glibc asks
# the CPU for its caches first, and on a virtual machine each CPUID is a trap.
# MUSL= builds it with CC.
MUSL ?= $(call once,MUSL,$(if $(SANITIZE),,$(shell \
	echo 'int cap_get_proc(void), protobuf_c_message_unpack(void); \
	int main(void) { return cap_get_proc() + protobuf_c_message_unpack(); }' | \
	musl-gcc -static -no-pie -w -x c - -x none $(MUSL_LIBS) -o /dev/null \
	2>/dev/null && echo musl-gcc)))
MUSL_LIBS = $(call once,MUSL_LIBS,$(foreach a,libcap.a libprotobuf-c.a,\
	$(shell $(CC) -print-file-name=$a)))
MUSL_CFLAGS = -std=gnu11 -fno-pie $(WARN) $(HARDEN) $(MAP) \
	-idirafter /usr/include \
	-idirafter /usr/include/$(shell $(CC) -print-multiarch)

PROTO_C := $(patsubst %.proto,$B/%.pb-c.c,$(sort $(wildcard \
	$(ROOMS:%=%/*.proto))))
ROOM_C := $(sort $(wildcard $(ROOMS:%=%/*.c)))
ROOM_O := $(ROOM_C:%.c=$B/%.o) $(PROTO_C:.c=.o)
MAIN_O := criu-ns.o $(filter-out mount/table.o,$(ROOM_C:.c=.o)) \
	$(PROTO_C:$B/%.c=%.o)
UNIT := $(patsubst %.c,$B/%,$(wildcard tests/unit/test_*.c))
# Programs for the system tests to dump: never sanitized, so that CRIU can.
HELPERS := $(patsubst %.c,build/%,$(wildcard tests/system/*.c)) \
	build/tests/rpc/client

# What the tests get to know.
export CRIU_NS ?= $(CURDIR)/$B/criu-ns
export HELPERS_DIR := $(CURDIR)/build/tests/system
export UNIT_DIR := $B/tests/unit

.PHONY: all
all: $B/criu-ns $B/criu-ns-mounts ## build the program

# What is compiled in: another PREFIX is another program.
$B/settings: FORCE
	$Qmkdir -p $(@D)
	$Qecho '$(VERSION) $(LIBEXECDIR)' | cmp -s - $@ || \
		echo '$(VERSION) $(LIBEXECDIR)' >$@
.PHONY: FORCE
FORCE:

.SECONDEXPANSION:
$B/criu-ns: $$(addprefix $$(if $$(MUSL),$B/musl,$B)/,$(MAIN_O))
	$(call say,LD,$@)
	$Q$(if $(MUSL),$(MUSL) -static -no-pie $(CFLAGS) $(LDFLAGS) -o $@ $^ \
		$(MUSL_LIBS),$(CC) $(CFLAGS) $(OUR_CFLAGS) $(OUR_LDFLAGS) \
		$(LDFLAGS) -o $@ $^ $(LIBS)) $(LDLIBS)

$B/criu-ns-mounts: $B/criu-ns-mounts.o $B/mount/table.o
	$(call say,LD,$@)
	$Q$(CC) $(CFLAGS) $(OUR_CFLAGS) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ \
		$(MOUNT_LIBS) $(LDLIBS)

$B/%.o: %.c Makefile $B/settings | $(PROTO_C)
	$(call say,CC,$<)
	$Qmkdir -p $(@D)
	$Q$(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -c -o $@ $<

$B/musl/%.o: %.c Makefile $B/settings | $(PROTO_C)
	$(call say,MUSL,$<)
	$Qmkdir -p $(@D)
	$Q$(MUSL) $(OUR_CPPFLAGS) $(CPPFLAGS) $(MUSL_CFLAGS) $(CFLAGS) -c -o $@ $<

$B/musl/%.pb-c.o: $B/%.pb-c.c
	$(call say,MUSL,$<)
	$Qmkdir -p $(@D)
	$Q$(MUSL) $(OUR_CPPFLAGS) $(CPPFLAGS) $(MUSL_CFLAGS) $(CFLAGS) -w -c -o $@ $<

# Generated code: not held to our warnings.
$B/%.pb-c.o: $B/%.pb-c.c
	$(call say,CC,$<)
	$Q$(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -w -c -o $@ $<

$B/%.pb-c.c $B/%.pb-c.h: %.proto
	$(call say,PROTO,$<)
	$Qmkdir -p $(@D)
	$Qprotoc-c --c_out=$B $<

$(UNIT): $B/%: $B/%.o $(ROOM_O)
	$(call say,LD,$@)
	$Q$(CC) $(CFLAGS) $(OUR_CFLAGS) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ \
		$(CHECK_LIBS) $(LIBS) $(MOUNT_LIBS) $(LDLIBS)

# A client of CRIU's own library, where make deps has found that.
LIBCRIU := build/criu/libcriu/usr
build/tests/rpc/client: tests/rpc/client.c
	$(call say,CC,$@)
	$Qmkdir -p $(@D)
	$Qif [ -f $(LIBCRIU)/include/criu/rpc.pb-c.h ]; then \
		$(CC) -D_GNU_SOURCE $(WARN) $(CFLAGS) -isystem $(LIBCRIU)/include \
		-isystem $(LIBCRIU)/include/criu -o $@ $< \
		-L$(LIBCRIU)/lib/$(shell $(CC) -print-multiarch) \
		-Wl,-Bstatic -lcriu -Wl,-Bdynamic $$($(PKG_CONFIG) --libs \
		libprotobuf-c); \
	else \
		echo "  no libcriu here (make deps): its tests are left out"; \
	fi

$(filter build/tests/system/%,$(HELPERS)): build/%: %.c
	$(call say,CC,$<)
	$Qmkdir -p $(@D)
	$Q$(CC) -D_GNU_SOURCE $(WARN) $(CFLAGS) -pthread -o $@ $<

-include $(wildcard $(addsuffix /*.d,$B $B/tests/unit \
	$(foreach r,$(ROOMS),$B/$r $B/musl/$r) $B/musl))

CHECKS := check-unit check-system check-layers check-docs check-install
.PHONY: check $(CHECKS)
check: all $(UNIT) $(HELPERS) ## all tests, as root; FILTER=regex TESTS=files CRIUS=paths
	$Qtests/check.sh unit system layers docs install
check-unit: $(UNIT) ## unit tests; root's are left out for others
check-system: all $(HELPERS) ## tests with each real criu; as root
check-layers: ## dependencies point downwards only
check-docs: all ## --help, man page and README agree; so do the versions
check-install: all ## install to a directory, and uninstall
$(CHECKS): check-%:
	$Qtests/check.sh $*

.PHONY: nightly
nightly: all $(HELPERS) ## what takes long: 100 generations of a busy program
	$QGENERATIONS=100 tests/check.sh system

.PHONY: slurm-test
slurm-test: all ## examples/slurm on a Slurm of its own, in TAP; as root
	$Qtests/slurm.sh

.PHONY: asan
asan: ## unit and system tests with the sanitizers
	$Q$(MAKE) SANITIZE=address,undefined CRIU_NS=$(CURDIR)/build/asan/criu-ns \
		check-sanitized
.PHONY: check-sanitized
check-sanitized: all $(UNIT) $(HELPERS)
	$Qtests/sanitized.sh tests/check.sh unit system

# The fuzzer's code stands apart: clang builds it whole.
FUZZ_C := tests/fuzz/fuzz_image.c $(filter-out exec/%,$(ROOM_C)) $(PROTO_C)
build/fuzz/fuzz_image: $(FUZZ_C) $(wildcard $(ROOMS:%=%/*.h)) Makefile
	$(call say,FUZZ,$@)
	$Qmkdir -p $(@D)
	$Qclang -g -O1 -std=gnu11 -D_GNU_SOURCE -I. -I$B $(PKG_CFLAGS) \
		-DLIBEXECDIR='"$(LIBEXECDIR)"' -DVERSION='"$(VERSION)"' \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o $@ $(FUZZ_C) $(LIBS) $(MOUNT_LIBS)
build/fuzz/pack: tests/fuzz/pack.c
	$(call say,CC,$<)
	$Qmkdir -p $(@D)
	$Q$(CC) -D_GNU_SOURCE $(WARN) $(CFLAGS) -o $@ $<
.PHONY: fuzz
fuzz: build/fuzz/fuzz_image build/fuzz/pack $(HELPERS) ## fuzz the image readers; FUZZ_SECONDS=60
	$Qtests/fuzz.sh

.PHONY: lint format
lint: $(PROTO_C) ## format, clang-tidy, cppcheck, shellcheck, mandoc
	$Qtests/lint.sh $B
format: ## format the sources in place
	$Qclang-format -i $$(tests/lint.sh --sources)

# What is installed, as FILE:MODE:TARGET: install, uninstall and check-install
# go by this list.
DOC := README.md CHANGELOG.md LICENSE $(sort $(wildcard docs/*.md examples/*/*))
DOCDIR = $(DATADIR)/doc/criu-ns
completion = $(patsubst %,%:644:$(strip $2),$(wildcard completions/$(strip $1)))
INSTALLED = $B/criu-ns:755:$(PREFIX)/sbin/criu-ns \
	$B/criu-ns-mounts:755:$(LIBEXECDIR)/criu-ns-mounts \
	$(foreach f,$(sort $(wildcard man/*.[1-8])),\
		$f:644:$(DATADIR)/man/man$(subst .,,$(suffix $f))/$(notdir $f)) \
	$(foreach f,$(DOC),$f:$(if $(filter %.sh,$f),755,644):$(DOCDIR)/$f) \
	$(call completion,criu-ns.bash,\
		$(DATADIR)/bash-completion/completions/criu-ns) \
	$(call completion,_criu-ns,$(ZSHDIR)/_criu-ns) \
	$(call completion,criu-ns.fish,\
		$(DATADIR)/fish/vendor_completions.d/criu-ns.fish)
TARGETS = $(foreach f,$(INSTALLED),$(lastword $(subst :, ,$f)))
# Directories that are nobody else's.
OUR_DIRS = $(LIBEXECDIR) $(DOCDIR) $(DOCDIR)/examples \
	$(patsubst %/,$(DOCDIR)/%,$(filter-out ./,$(sort $(dir $(DOC)))))
define put
	$(call say,INSTALL,$3)
	$Qinstall -D -m $2 $1 '$(DESTDIR)$3'

endef

.PHONY: install uninstall installed
install: all ## install below PREFIX (and DESTDIR)
	$(foreach f,$(INSTALLED),$(call put,$(word 1,$(subst :, ,$f)),$(word \
		2,$(subst :, ,$f)),$(word 3,$(subst :, ,$f))))
uninstall: ## remove what install has installed
	$Qrm -f $(TARGETS:%='$(DESTDIR)%')
	$Qprintf '%s\n' $(OUR_DIRS:%='$(DESTDIR)%') | sort -r | while read -r d; do \
		[ ! -d "$$d" ] || rmdir --ignore-fail-on-non-empty "$$d"; done
installed: ## list what install installs
	@printf '%s\n' $(TARGETS)

.PHONY: dist distcheck deb
dist: ## build/criu-ns-VERSION.tar.gz, of what is committed
	$Qtests/dist.sh --make $(VERSION)
distcheck: dist ## what is in there builds, passes, installs; FULL=1 for all tests
	$Qtests/dist.sh --check $(VERSION)
deb: dist ## Debian package, linted and installed for a try; as root
	$Qtests/deb.sh $(VERSION)

.PHONY: deps deps-deb deps-slurm demo bench help clean
deps: ## install what is missing, get a criu that runs here; as root
	$Qtests/deps.sh
deps-deb: ## install what deb needs; as root
	$Qtests/deps.sh deb
deps-slurm: ## install Slurm, for slurm-test; as root
	$Qtests/deps.sh slurm
demo: all ## show the main job on a real process; as root
	$Qtests/demo.sh
bench: all $(HELPERS) ## measure against plain criu and the Python script
	$Qtests/bench.sh
help: ## this list
	@sed -n 's/^\([a-z-]*\):.* ## /\1	/p' Makefile | expand -t 14
clean: ## remove what was built; build/criu stays
	find build -mindepth 1 -maxdepth 1 ! -name criu -exec rm -rf {} + || :

# In `make deps check` each goal waits for the one before it, -j or not.
ifneq (,$(filter deps,$(MAKECMDGOALS)))
.NOTPARALLEL:
endif
