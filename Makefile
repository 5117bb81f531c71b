# Farol: `make run` opens the portal, `make test` proves it. The rest are their parts.
.DEFAULT_GOAL := help
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
SHELL := bash

PORT ?= 8501
# Each demonstration has a store and a state folder of its own, so that none takes another's place.
DEMO ?= online-retail
STORE ?= exports/$(if $(filter online-retail,$(DEMO)),ml_results,$(DEMO))
PYTHON ?= $(shell command -v python3.11 || command -v python3)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export FAROL_STORE := $(STORE)
ifneq ($(DEMO),online-retail)
export FAROL_STATE ?= var-$(DEMO)
endif

.PHONY: help run setup publish activate serve images reproduce proof bundle test test-portal test-job test-e2e test-images \
  faults check system-packages image-packages lock locale guide-pictures bench bench-serving bench-forecasting clean

help:  ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

run: setup $(STORE)/metadata.json activate serve  ## set up, forecast, publish, activate, serve (PORT=8501, DEMO=torres)

setup: .venv/.ready .venv-ml/.ready  ## make both environments: .venv (no ML) and .venv-ml

# One environment: $(1) its folder, $(2) its lock, $(3) its stamp.
define environment
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "Farol needs Python 3.11; PYTHON=$(PYTHON) is $$("$(PYTHON)" --version 2>&1)" >&2; exit 1; }
	test -x $(1)/bin/python || "$(PYTHON)" -m venv $(1) \
	  || { echo "python3.11-venv is missing: apt-get install python3.11-venv" >&2; exit 1; }
	echo "Installing $(2) into $(1), which takes about a minute ..."
	$(1)/bin/python -m pip install -qq --require-hashes --only-binary=:all: -r $(2)
	touch $(1)/$(3)
endef

.venv/.ready: requirements.txt
	$(call environment,.venv,requirements.txt,.ready)

.venv-ml/.ready: ml_jobs/requirements.txt
	$(call environment,.venv-ml,ml_jobs/requirements.txt,.ready)

.venv/.ready-dev: requirements-dev.txt .venv/.ready
	$(call environment,.venv,requirements-dev.txt,.ready-dev)

.venv-ml/.ready-dev: ml_jobs/requirements-dev.txt .venv-ml/.ready
	$(call environment,.venv-ml,ml_jobs/requirements-dev.txt,.ready-dev)

.venv-judges/.ready: tests/judges/requirements.txt
	$(call environment,.venv-judges,tests/judges/requirements.txt,.ready)

.venv-sbom/.ready: deploy/sbom/requirements.txt
	$(call environment,.venv-sbom,deploy/sbom/requirements.txt,.ready)

# The environment of the app's image, where there is no engine to build that.
.venv-proof/.ready: requirements.txt
	$(call environment,.venv-proof,requirements.txt,.ready)

.venv-peers/.ready: benchmarks/peers/requirements.txt
	@test -x .venv-peers/bin/python || "$(PYTHON)" -m venv .venv-peers
	.venv-peers/bin/python -m pip install -qq torch==2.13.0
	$(call environment,.venv-peers,benchmarks/peers/requirements.txt,.ready)

.venv-serving/.ready: benchmarks/serving_peers/requirements.txt
	$(call environment,.venv-serving,benchmarks/serving_peers/requirements.txt,.ready)

$(STORE)/metadata.json:
	@$(MAKE) --no-print-directory publish

publish: .venv-ml/.ready  ## forecast the bundled data and publish it to STORE (DEMO=torres: the synthetic ones)
	@.venv-ml/bin/python -m ml_jobs demo --data "$(DEMO)" --to "$(STORE)"

activate: .venv/.ready  ## make the store's latest publication the one that is served
	@.venv/bin/python -m datalayer activate

serve: .venv/.ready  ## open the portal on PORT
	@.venv/bin/python -m datalayer welcome --port $(PORT)
	exec .venv/bin/streamlit run app.py --server.port $(PORT)

IMAGES ?= app ml
images:  ## build the container images (IMAGES="app ml") and say how big they are
	@deploy/build_images.sh $(IMAGES)

reproduce:  ## build the images twice, as two people would, and compare (IMAGES="app ml")
	@deploy/reproduce_images.sh $(IMAGES)

# The portal's image unless images are named.
proof: .venv-sbom/.ready  ## prove the portal's image, or its environment; report in build/proof (SIGNING_KEY=key.pem, IMAGES="app ml")
	@STORE="$(STORE)" deploy/prove.sh $(if $(filter file,$(origin IMAGES)),app,$(IMAGES))

bundle:  ## write build/farol-<version>-bundle.tar, which installs without a network (IMAGES="app ml")
	@deploy/make_bundle.sh $(IMAGES)

# Two parts at a time, which keeps two cores busy from beginning to end: while a browser or a
# type checker takes one of them, tests take the other. The images come after the browser, which drops
# its connections whenever a container brings a network up.
test:  ## run every check and test
	@$(MAKE) --silent --jobs 4 \
	  .venv/.ready-dev .venv-ml/.ready-dev .venv-judges/.ready system-packages promtool
	failed=0
	$(MAKE) --silent --jobs 2 --keep-going test-portal check test-e2e || failed=1
	$(MAKE) --silent --jobs 2 --keep-going test-job test-images || failed=1
	exit $$failed

# Each line says which part it is of. A failure of the part is one of the line: see pipefail.
labelled = 2>&1 | sed -u "s/^/$@: /"
PYTEST = python -m pytest -q
WORKERS ?= 2
SIDE_BY_SIDE = -n $(WORKERS) --dist worksteal

test-portal: .venv/.ready-dev .venv-ml/.ready .venv-judges/.ready system-packages promtool  ## test the portal
	@.venv/bin/$(PYTEST) $(SIDE_BY_SIDE) --ignore tests/unit/ml_jobs --ignore tests/e2e \
	  --ignore tests/images $(labelled)

# Not the kernel, which the job shares: both locks name the same versions of what it needs.
test-job: .venv-ml/.ready-dev  ## test the job
	@.venv-ml/bin/$(PYTEST) $(SIDE_BY_SIDE) tests/unit/ml_jobs $(labelled)

test-e2e: .venv/.ready-dev .venv-ml/.ready-dev system-packages  ## test all of it in a browser
	@.venv/bin/$(PYTEST) tests/e2e $(labelled)

test-images: .venv/.ready-dev .venv-ml/.ready-dev .venv-judges/.ready system-packages image-packages  ## build the images and test them, where an engine can be had
	@.venv/bin/$(PYTEST) tests/images $(labelled)

faults: .venv/.ready-dev system-packages  ## put every fault on a running portal (writes build/faults)
	@.venv/bin/python -m tests.faults

check: .venv/.ready-dev .venv-ml/.ready-dev  ## lint, types, layers
	@{
	  .venv/bin/ruff check .
	  .venv/bin/ruff format --check .
	  .venv/bin/mypy datalayer
	  .venv-ml/bin/mypy ml_jobs
	  .venv/bin/lint-imports
	} $(labelled)

# What tests and benchmarks need from the system: a real Redis, a real browser, a real proxy, the
# clients of docs/api.md, a spreadsheet, a load generator.
system-packages:
	@missing=""
	command -v redis-server > /dev/null || missing="$$missing redis-server"
	command -v wrk > /dev/null || missing="$$missing wrk"
	command -v chromium > /dev/null || missing="$$missing chromium fonts-liberation"
	command -v nginx > /dev/null || test -x /usr/sbin/nginx || missing="$$missing nginx-light"
	command -v curl > /dev/null || missing="$$missing curl"
	command -v Rscript > /dev/null || missing="$$missing r-base-core"
	command -v soffice > /dev/null || missing="$$missing libreoffice-calc-nogui"
	test -z "$$missing" && exit 0
	if test "$$(id -u)" = 0 && command -v apt-get > /dev/null; then
	  echo "Installing$$missing ..."
	  apt-get update -qq
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing > /dev/null
	else
	  echo "The tests need$$missing; install with: sudo apt-get install$$missing" >&2
	  exit 1
	fi

# Prometheus's judge of rules, alone: its package would start a server.
promtool: system-packages
	@command -v promtool > /dev/null && exit 0
	if test "$$(id -u)" = 0 && command -v apt-get > /dev/null; then
	  echo "Installing promtool ..."
	  folder=$$(mktemp -d)
	  trap 'rm -rf "$$folder"' EXIT
	  (cd "$$folder" && apt-get update -qq && apt-get download -qq prometheus > /dev/null \
	    && dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xO ./usr/bin/promtool > promtool \
	    && install promtool /usr/local/bin/) && exit 0
	fi
	echo "There is no promtool here, so the tests that take it are skipped: apt-get install prometheus"

# What builds and runs containers. Without it the tests of the images are skipped, with the reason.
image-packages: system-packages
	@missing=""
	for program in podman buildah skopeo runc catatonit debootstrap; do
	  command -v "$$program" > /dev/null || missing="$$missing $$program"
	done
	command -v podman > /dev/null || missing="$$missing netavark aardvark-dns uidmap"
	command -v iptables > /dev/null || test -x /usr/sbin/iptables || missing="$$missing iptables"
	test -n "$$missing" && test "$$(id -u)" = 0 && command -v apt-get > /dev/null || exit 0
	echo "Installing$$missing ..."
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing > /dev/null \
	  || echo "$$missing can't be installed here, so the tests of the images are skipped"

# Locks name no index: the one that pip is configured with is used, and hashes tie the files.
PIP_COMPILE = .venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
  --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links
lock: .venv/.ready-dev  ## pin every requirements.in with hashes
	@for name in requirements requirements-dev ml_jobs/requirements ml_jobs/requirements-extras ml_jobs/requirements-dev tests/judges/requirements deploy/sbom/requirements benchmarks/serving_peers/requirements; do
	  echo "Locking $$name.in ..."
	  $(PIP_COMPILE) --output-file $$name.txt $$name.in
	done

locale: .venv/.ready-dev  ## gather the pages' sentences into the catalogue and compile it
	@mkdir -p build
	PYTHONPATH=. .venv/bin/pybabel -q extract -F pages/locale/babel.cfg --no-location --sort-output \
	  --project=Farol --version=0.1.0 --copyright-holder="Farol contributors" -o build/farol.pot .
	.venv/bin/pybabel -q update -D farol -d pages/locale -l pt_BR -i build/farol.pot \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -w 100
	.venv/bin/pybabel -q compile -D farol -d pages/locale -l pt_BR

guide-pictures: .venv/.ready-dev .venv-ml/.ready-dev system-packages  ## take the guide's pictures anew
	@.venv/bin/$(PYTEST) tests/e2e/test_guide_pictures.py -k picture_for
	cp build/guide/*.png pages/static/guide/

bench: setup .venv-serving/.ready system-packages  ## measure against peers in the same run (writes JSON to build/bench)
	@.venv/bin/python -m benchmarks.refresh
	@.venv/bin/python -m benchmarks.searching
	.venv/bin/python -m benchmarks.serving --rows 1000000

# 100000000 needs 5 GB of disk and some minutes more.
ROWS ?= 1000000 10000000
bench-serving: setup .venv-serving/.ready system-packages  ## measure the API against its peers: ROWS="1000000 10000000 100000000"
	@.venv/bin/python -m benchmarks.serving --rows $(ROWS)

bench-forecasting: .venv-ml/.ready-dev .venv-peers/.ready  ## measure forecasts against peers: DATA=folder of demand files
	@.venv-ml/bin/python -m benchmarks.forecasting --data "$(DATA)"

clean:  ## remove environments, state and published data
	rm -rf .venv .venv-ml .venv-judges .venv-peers .venv-serving .venv-sbom .venv-proof build var var-* exports
