// Written by perceptron.py with scikit-learn 1.2.1: do not edit.
#pragma once

#include <xgrad/autodiff/array.hpp>

namespace xgrad::tests::reference::perceptron {

inline const Array<double> and_coef{{3.0, 2.0}};
inline const Array<double> and_intercept{-4.0};
inline const Array<double> or_coef{{2.0, 2.0}};
inline const Array<double> or_intercept{-1.0};
inline const Array<double> flowers_coef{{1.299999999999999, 4.1, -5.200000000000001, -2.1999999999999997}, {8.300000000000004, -8.399999999999995, -12.199999999999996, -14.299999999999994}, {-17.799999999999986, -5.100000000000005, 26.70000000000001, 21.2}};
inline const Array<double> flowers_intercept{1.0, -2.0, -1.0};
inline const Array<double> iris_perceptron_coef{{-0.33999999999999975, 0.91}};
inline const Array<double> iris_perceptron_intercept{-0.2};
inline const Array<double> blobs{{7.78, 0.37, -15.35}, {-7.67, 19.66, -1.74}, {1.18, 10.25, 22.5}, {-9.36, -3.56, -2.54}, {-24.09, -10.2, -13.25}, {-8.38, -5.46, -4.46}, {3.1, 10.07, 6.7}, {-8.61, -1.47, 3.97}, {-5.36, 7.16, 13.89}, {-3.48, 0.15, 0.85}, {-3.26, -6.45, 1.16}, {-8.17, 18.29, 14.94}, {-7.16, 14.58, 16.61}, {19.88, 2.79, 4.44}, {-0.06, 0.87, 19.05}, {2.84, -20.04, -10.29}, {-6.75, 0.45, -9.13}, {-5.65, -0.17, -2.43}, {-3.79, 11.68, -13.63}, {3.3, 1.2, 4.22}, {-1.54, 8.4, -3.54}, {-2.66, 3.7, 12.44}, {-8.1, 6.01, -20.8}, {-3.47, 18.71, -2.93}, {-9.57, -14.51, -2.21}, {-1.76, 4.69, -17.2}, {-8.06, 0.56, 0.83}, {3.11, -1.39, -20.38}, {10.36, -6.71, 14.01}, {-4.51, -4.86, -14.89}, {-2.8, -2.8, 9.74}, {4.2, -8.87, -9.29}, {-13.49, 6.2, 4.33}, {-12.85, 2.3, -7.13}, {-0.41, -0.25, -15.95}, {-7.7, 0.14, -3.45}};
inline const Array<std::int64_t> blobs_labels{-5, 0, 0, 5, 5, 5, 0, -5, 0, 5, -5, 0, 0, 0, 0, 5, 5, 5, -5, -5, 0, -5, 5, -5, 5, -5, 5, -5, 0, 5, 0, -5, -5, -5, 5, 0};
inline const Array<double> blobs_plain_coef{{-3.9799999999999853, 16.38, 9.09000000000001}, {5.340000000000008, 0.03000000000000147, 11.240000000000009}, {-0.5999999999999961, -8.95000000000001, -5.740000000000016}};
inline const Array<double> blobs_plain_intercept{-13.0, -18.0, -49.0};
inline const Array<double> blobs_l2_coef{{-0.7928939617166282, 19.694751283207626, 6.64697475114138}, {4.433968393168176, 4.719407348967334, 11.696098640808582}, {-0.49821054814711935, -10.474453423378923, -4.2207865585853055}};
inline const Array<double> blobs_l2_intercept{-12.0, -15.0, -46.0};
inline const Array<double> blobs_l1_coef{{0.0, 20.940000000000012, 4.630000000000029}, {1.4500000000000126, 3.790000000000016, 16.980000000000025}, {4.470000000000003, -6.620000000000023, -3.080000000000026}};
inline const Array<double> blobs_l1_intercept{-3.0, -14.0, -41.0};
inline const Array<double> blobs_elasticnet_coef{{3.466124670362975, 16.784277226115215, 5.026138190526053}, {0.9137007171039649, 1.5657823676653424, 14.974301059363384}, {2.111721263851405, -11.164943764727376, -5.800309318792378}};
inline const Array<double> blobs_elasticnet_intercept{-9.0, -16.0, -52.0};
inline const Array<double> blobs_origin_coef{{-2.3799999999999795, 16.17, 14.360000000000017}, {8.20000000000001, 0.11999999999999422, 13.460000000000004}, {9.730000000000011, -14.660000000000025, -1.4200000000000097}};
inline const Array<double> blobs_origin_intercept{0.0, 0.0, 0.0};
inline const Array<double> blobs_stopped_coef{{-1.2899999999999805, 18.640000000000004, 7.400000000000008}, {2.3900000000000086, -7.050000000000002, 6.170000000000006}, {-0.5999999999999961, -8.95000000000001, -5.740000000000016}};
inline const Array<double> blobs_stopped_intercept{-15.0, -16.0, -49.0};
inline const Array<std::int64_t> blobs_stopped_n_iter{8};
inline const Array<double> adaline_stochastic_coef{0.06111930796016287, 0.8496635448470803};
inline const Array<double> adaline_stochastic_intercept{0.043981564801832455};
inline const Array<double> adaline_stochastic_losses{0.20137206418162748, 0.07137793350676219, 0.05526811604892272, 0.045754141017742826, 0.0391449519660513};
inline const Array<double> adaline_batch_coef{0.25679709458277195, 0.6630353084514179};
inline const Array<double> adaline_batch_intercept{4.1244785364824574e-16};
inline const Array<double> adaline_batch_losses{0.5, 0.36596716011132635, 0.2752707899600036, 0.21365683565266624, 0.1715688030537927, 0.14259929039158137, 0.12245195841950894, 0.10824567677407801, 0.09804805109987774, 0.09056271756926393, 0.08491971673015186, 0.08053496750547959, 0.07701606311387153, 0.07409911933004719, 0.07160643899001752, 0.06941813088645715, 0.0674530831502846, 0.06565620753230293, 0.06398988747530003, 0.06242824427072124};
inline const Array<double> adaline_batch_score{0.98};
inline const Array<double> adaline_least_squares{-0.17588665394382727, 1.112890723860889, -9.10729824887819e-17};
inline const Array<double> adaline_least_squares_score{1.0};

} // namespace xgrad::tests::reference::perceptron
