// The part of the OpenMP run-time library's interface that is used here. The functions belong to
// libgomp, which oneDNN and the OpenMP build of OpenBLAS already run on: one pool of threads for
// all three. GOMP_parallel is what the compiler emits for `#pragma omp parallel`.
#pragma once
void GOMP_parallel(void (*body)(void *), void *context, unsigned threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_max_threads(void);
int omp_in_parallel(void);
void omp_set_num_threads(int threads);
int omp_get_thread_limit(void);
void omp_set_dynamic(int dynamic);
// What the compiler emits for `#pragma omp critical`.
void GOMP_critical_start(void);
void GOMP_critical_end(void);
