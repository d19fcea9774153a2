# Three commands. Each says what it does; the work is in infra/tasks.

.DEFAULT_GOAL := help
.PHONY: run test bench help

help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: ## sets up what is missing, builds, and runs the whole product with the demo workspace
	@infra/tasks/run.sh

test: ## everything CI runs; ends with a summary
	@infra/tasks/test.sh

bench: ## the benchmarks; write their reports below bench/
	@bench/run.sh
	@bench/custom_fields/run.sh
	@bench/rights/run.sh
