# The two commands of the README are `make demo` and `make test`.

LC = .build/release/lc
DEMO = demo
PLAN = joint(*.weight): quantize(k=2) + prune(keep=1%)
# A shortened demo: make demo EPOCHS=2 LC_EPOCHS=4
EPOCHS = 30
LC_EPOCHS = 60

# Debug builds, which the tests use, optimise the loops over weights (see Package.swift).
export LC_FAST_LOOPS = 1

# Threads that wait for others sleep: tests run beside each other, each with threads of its own.
PATIENT = OMP_WAIT_POLICY=passive

# glibc fills memory that is new, so that what is read before it was written shows.
DIRTY = MALLOC_PERTURB_=165

.PHONY: demo test build bootstrap format lint speed compare compare-operators scaling figures \
  faults fuzz fuzz-sanitized differential docs clean

demo: build
	@mkdir -p $(DEMO)
	$(LC) train --network lenet300 --data fashion-mnist --epochs $(EPOCHS) --nesterov \
	  --output $(DEMO)/reference.safetensors
	$(LC) compress --network lenet300 --data fashion-mnist --model $(DEMO)/reference.safetensors \
	  --compress '$(PLAN)' --epochs $(LC_EPOCHS) --nesterov \
	  --output $(DEMO)/compressed.lcm --json $(DEMO)/compressed.json

test: bootstrap
	swift build --build-tests
	$(DIRTY) $(PATIENT) swift test --skip-build
	Scripts/examples

build: bootstrap
	swift build -c release --product lc

bootstrap:
	@Scripts/bootstrap

format:
	swift format -i -r Package.swift Sources Tests Benchmarks Snippets

lint:
	swift format lint --strict -r Package.swift Sources Tests Benchmarks Snippets
	@! git grep -n 'import COneDNN' -- Sources ':!Sources/NeuralNetwork/OneDNN'

speed: bootstrap
	swift run -c release speed

# Beside PyTorch and scikit-learn; PYTHON must have torch, numpy, scipy and scikit-learn.
PYTHON = python3
compare: bootstrap
	swift build -c release --product speed
	$(PYTHON) Benchmarks/Peers/compare.py .build/release/speed

compare-operators: bootstrap
	swift build -c release --product speed
	$(PYTHON) Benchmarks/Peers/compare.py .build/release/speed operators

# Time and memory from 10⁵ to 10⁸ weights; needs gnuplot.
scaling: bootstrap
	swift build -c release --product speed
	.build/release/speed scaling | tee Docs/Operators/figures/scaling.dat
	cd Docs/Operators/figures && gnuplot ../../../Benchmarks/scaling.gp

# The figures of Docs/Operators; needs gnuplot.
figures: bootstrap
	swift run -c release figures Docs/Operators/figures

# Kills, full disks, second processes: make faults N=50
faults: build
	Scripts/faults $(N)

# Damaged and hostile files, random networks: make fuzz N=100000 SEED=1
fuzz: bootstrap
	swift build -c release --product fuzz
	$(DIRTY) .build/release/fuzz $(or $(N),100000) $(or $(SEED),1)

# The same with the address sanitizer, which finds what does not crash; slower.
fuzz-sanitized: bootstrap
	swift build --sanitize=address --scratch-path .build/sanitized --product fuzz
	FUZZ_SANITIZED=1 ASAN_OPTIONS=detect_leaks=0 .build/sanitized/debug/fuzz $(or $(N),1000) $(or $(SEED),1)

# Every operator against slow twins: make differential MINUTES=60 SEED=1
differential: bootstrap
	swift build -c release --product differential
	.build/release/differential --minutes $(or $(MINUTES),60) --seed $(or $(SEED),1)

# The Swift API and articles by task as a site, .build-docs; warnings, such as links that lead nowhere, are errors.
# Only parameters whose names do not say it all are documented.
DOCUMENTED = LearningCompression CompressedInference NeuralNetwork Datasets ModelFiles Compression \
  LinearAlgebra OperatorChecks
docs: bootstrap
	LC_DOCS=1 swift package --allow-writing-to-directory .build-docs generate-documentation \
	  --enable-experimental-combined-documentation $(addprefix --target ,$(DOCUMENTED)) \
	  --output-path .build-docs --warnings-as-errors --disable-parameters-and-returns-validation
	@echo 'python3 -m http.server -d .build-docs 8000, then http://localhost:8000/documentation'

clean:
	rm -rf .build .build-docs $(DEMO)
