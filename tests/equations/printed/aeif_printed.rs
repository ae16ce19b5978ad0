//! `aeif_printed`: adaptive exponential integrate-and-fire, exponential conductances (Brette & Gerstner 2005).
//! Made from its equations in text.

use neuropil::models::Start::{At, Parameter};
use neuropil::models::refractory_steps;
use neuropil::neuron;
use neuropil::number::Real;

neuron! {
    /// adaptive exponential integrate-and-fire, exponential conductances (Brette & Gerstner 2005).
    AeifPrinted = "aeif_printed", "adaptive exponential integrate-and-fire, exponential conductances (Brette & Gerstner 2005)";
    parameters {
        C_m: "pF" = 281.0, Positive, "membrane capacitance";
        g_L: "nS" = 30.0, NonNegative, "leak conductance";
        E_L: "mV" = -70.6, Any, "resting potential";
        V_th: "mV" = -50.4, Any, "where the upswing starts";
        V_peak: "mV" = 0.0, Any, "a spike is emitted here";
        V_reset: "mV" = -60.0, Any, "potential after a spike";
        Delta_T: "mV" = 2.0, Positive, "slope of the upswing";
        a: "nS" = 4.0, Any, "adaptation below threshold";
        b: "pA" = 80.5, Any, "adaptation by a spike";
        tau_w: "ms" = 144.0, Positive, "decay of adaptation";
        t_ref: "ms" = 0.0, NonNegative, "refractory period";
        I_e: "pA" = 0.0, Any, "constant current";
        E_ex: "mV" = 0.0, Any, "excitatory reversal";
        E_in: "mV" = -85.0, Any, "inhibitory reversal";
        tau_syn_ex: "ms" = 0.2, Positive, "decay of excitation";
        tau_syn_in: "ms" = 2.0, Positive, "decay of inhibition";
    }
    state {
        V_m: "mV" = Parameter("E_L"), None, Any, "membrane potential";
        w: "pA" = At(0.0), None, Any, "adaptation current";
        g_ex: "nS" = At(0.0), None, Any, "excitation";
        g_in: "nS" = At(0.0), None, Any, "inhibition";
        refractory: "steps" = At(0.0), None, Steps, "steps left of the refractory period";
        margin: "" = At(-1.0), None, Any, "what the last step is above its threshold by";
    }
    derived { E_L, V_th, V_peak, V_reset, a, b, I_e, E_ex, E_in, refractory_steps, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12 }
    channels {
        "ex": "nS", NonNegative;
        "in": "nS", Magnitude;
    }
    multiple = false;
    #[allow(non_snake_case, unused_variables)]
    impl {
        fn derive(&self, dt: f64) -> Derived<f64> {
            type R = f64;
            let c1_1 = Real::over(dt, R::of(9.0));
            let c2_2 = self.g_L * self.Delta_T;
            let c3_3 = Real::over(R::of(1.0), self.Delta_T);
            let c4_4 = -self.g_L;
            let c5_5 = Real::over(R::of(1.0), self.C_m);
            let c6_6 = Real::over(R::of(1.0), self.tau_w);
            let ratio_7 = Real::over(R::of(-1.0), self.tau_syn_ex);
            let ratio_8 = Real::over(R::of(-1.0), self.tau_syn_in);
            let c7_9 = c1_1 * R::of(0.5);
            let product_10 = c7_9 * ratio_7;
            let c8_11 = Real::exp(product_10);
            let product_12 = c7_9 * ratio_8;
            let c9_13 = Real::exp(product_12);
            let product_14 = c1_1 * ratio_7;
            let c10_15 = Real::exp(product_14);
            let product_16 = c1_1 * ratio_8;
            let c11_17 = Real::exp(product_16);
            let c12_18 = c1_1 * R::of(0.16666666666666666);
            Derived {
                E_L: self.E_L,
                V_th: self.V_th,
                V_peak: self.V_peak,
                V_reset: self.V_reset,
                a: self.a,
                b: self.b,
                I_e: self.I_e,
                E_ex: self.E_ex,
                E_in: self.E_in,
                refractory_steps: refractory_steps(self.t_ref, dt),
                c1: c1_1,
                c2: c2_2,
                c3: c3_3,
                c4: c4_4,
                c5: c5_5,
                c6: c6_6,
                c7: c7_9,
                c8: c8_11,
                c9: c9_13,
                c10: c10_15,
                c11: c11_17,
                c12: c12_18,
            }
        }

        #[inline(always)]
        fn advance<R: Real>(d: &Derived<R>, s: &mut State<R>, input: &[R], current: R) {
            let mut V_m_19 = s.V_m;
            let mut w_20 = s.w;
            let mut g_ex_21 = s.g_ex;
            let mut g_in_22 = s.g_in;
            let mut refractory_23 = s.refractory;
            for _ in 0..9 {
                let truth_25 = Real::above(refractory_23, R::of(0.0));
                let truth_26 = Real::above(V_m_19, d.V_peak);
                let chosen_27 = R::choose(truth_26, d.V_peak, V_m_19);
                let difference_28 = chosen_27 - d.V_th;
                let product_29 = difference_28 * d.c3;
                let exponential_30 = Real::exp(product_29);
                let product_31 = d.c2 * exponential_30;
                let difference_32 = chosen_27 - d.E_L;
                let product_33 = d.c4 * difference_32;
                let sum_34 = product_33 + product_31;
                let difference_35 = chosen_27 - d.E_ex;
                let product_36 = g_ex_21 * difference_35;
                let difference_37 = sum_34 - product_36;
                let difference_38 = chosen_27 - d.E_in;
                let product_39 = g_in_22 * difference_38;
                let difference_40 = difference_37 - product_39;
                let difference_41 = difference_40 - w_20;
                let sum_42 = difference_41 + d.I_e;
                let sum_43 = sum_42 + current;
                let product_44 = sum_43 * d.c5;
                let product_45 = d.a * difference_32;
                let difference_46 = product_45 - w_20;
                let product_47 = difference_46 * d.c6;
                let product_48 = g_ex_21 * d.c8;
                let product_49 = g_in_22 * d.c9;
                let product_50 = product_44 * d.c7;
                let sum_51 = V_m_19 + product_50;
                let product_52 = product_47 * d.c7;
                let sum_53 = w_20 + product_52;
                let chosen_54 = R::choose(truth_25, d.V_reset, sum_51);
                let truth_55 = Real::above(chosen_54, d.V_peak);
                let chosen_56 = R::choose(truth_55, d.V_peak, chosen_54);
                let difference_57 = chosen_56 - d.V_th;
                let product_58 = difference_57 * d.c3;
                let exponential_59 = Real::exp(product_58);
                let product_60 = d.c2 * exponential_59;
                let difference_61 = chosen_56 - d.E_L;
                let product_62 = d.c4 * difference_61;
                let sum_63 = product_62 + product_60;
                let difference_64 = chosen_56 - d.E_ex;
                let product_65 = product_48 * difference_64;
                let difference_66 = sum_63 - product_65;
                let difference_67 = chosen_56 - d.E_in;
                let product_68 = product_49 * difference_67;
                let difference_69 = difference_66 - product_68;
                let difference_70 = difference_69 - sum_53;
                let sum_71 = difference_70 + d.I_e;
                let sum_72 = sum_71 + current;
                let product_73 = sum_72 * d.c5;
                let product_74 = d.a * difference_61;
                let difference_75 = product_74 - sum_53;
                let product_76 = difference_75 * d.c6;
                let product_77 = product_73 * d.c7;
                let sum_78 = V_m_19 + product_77;
                let product_79 = product_76 * d.c7;
                let sum_80 = w_20 + product_79;
                let chosen_81 = R::choose(truth_25, d.V_reset, sum_78);
                let truth_82 = Real::above(chosen_81, d.V_peak);
                let chosen_83 = R::choose(truth_82, d.V_peak, chosen_81);
                let difference_84 = chosen_83 - d.V_th;
                let product_85 = difference_84 * d.c3;
                let exponential_86 = Real::exp(product_85);
                let product_87 = d.c2 * exponential_86;
                let difference_88 = chosen_83 - d.E_L;
                let product_89 = d.c4 * difference_88;
                let sum_90 = product_89 + product_87;
                let difference_91 = chosen_83 - d.E_ex;
                let product_92 = product_48 * difference_91;
                let difference_93 = sum_90 - product_92;
                let difference_94 = chosen_83 - d.E_in;
                let product_95 = product_49 * difference_94;
                let difference_96 = difference_93 - product_95;
                let difference_97 = difference_96 - sum_80;
                let sum_98 = difference_97 + d.I_e;
                let sum_99 = sum_98 + current;
                let product_100 = sum_99 * d.c5;
                let product_101 = d.a * difference_88;
                let difference_102 = product_101 - sum_80;
                let product_103 = difference_102 * d.c6;
                let g_ex_104 = g_ex_21 * d.c10;
                let g_in_105 = g_in_22 * d.c11;
                let product_106 = product_100 * d.c1;
                let sum_107 = V_m_19 + product_106;
                let product_108 = product_103 * d.c1;
                let sum_109 = w_20 + product_108;
                let chosen_110 = R::choose(truth_25, d.V_reset, sum_107);
                let truth_111 = Real::above(chosen_110, d.V_peak);
                let chosen_112 = R::choose(truth_111, d.V_peak, chosen_110);
                let difference_113 = chosen_112 - d.V_th;
                let product_114 = difference_113 * d.c3;
                let exponential_115 = Real::exp(product_114);
                let product_116 = d.c2 * exponential_115;
                let difference_117 = chosen_112 - d.E_L;
                let product_118 = d.c4 * difference_117;
                let sum_119 = product_118 + product_116;
                let difference_120 = chosen_112 - d.E_ex;
                let product_121 = g_ex_104 * difference_120;
                let difference_122 = sum_119 - product_121;
                let difference_123 = chosen_112 - d.E_in;
                let product_124 = g_in_105 * difference_123;
                let difference_125 = difference_122 - product_124;
                let difference_126 = difference_125 - sum_109;
                let sum_127 = difference_126 + d.I_e;
                let sum_128 = sum_127 + current;
                let product_129 = sum_128 * d.c5;
                let product_130 = d.a * difference_117;
                let difference_131 = product_130 - sum_109;
                let product_132 = difference_131 * d.c6;
                let sum_133 = product_73 + product_100;
                let product_134 = R::of(2.0) * sum_133;
                let sum_135 = product_44 + product_134;
                let sum_136 = sum_135 + product_129;
                let sum_137 = product_76 + product_103;
                let product_138 = R::of(2.0) * sum_137;
                let sum_139 = product_47 + product_138;
                let sum_140 = sum_139 + product_132;
                let product_141 = sum_136 * d.c12;
                let sum_142 = V_m_19 + product_141;
                let product_143 = sum_140 * d.c12;
                let w_144 = w_20 + product_143;
                let V_m_145 = R::choose(truth_25, d.V_reset, sum_142);
                let next_146 = refractory_23;
                V_m_19 = V_m_145;
                w_20 = w_144;
                g_ex_21 = g_ex_104;
                g_in_22 = g_in_105;
                refractory_23 = next_146;
            }
            let g_ex_147 = g_ex_21 + input[0];
            let g_in_148 = g_in_22 + input[1];
            let truth_149 = Real::above(s.refractory, R::of(0.0));
            let V_m_150 = R::choose(truth_149, d.V_reset, V_m_19);
            let difference_151 = V_m_150 - d.V_peak;
            let margin_152 = R::choose(truth_149, R::of(-1.0), difference_151);
            let difference_153 = s.refractory - R::of(1.0);
            let refractory_154 = R::choose(truth_149, difference_153, s.refractory);
            s.V_m = V_m_150;
            s.w = w_20;
            s.g_ex = g_ex_147;
            s.g_in = g_in_148;
            s.refractory = refractory_154;
            s.margin = margin_152;
        }

        #[inline(always)]
        fn margin<R: Real>(d: &Derived<R>, s: &State<R>) -> R {
            s.margin
        }

        #[inline(always)]
        fn reset<R: Real>(d: &Derived<R>, s: &mut State<R>) {
            let w_155 = s.w + d.b;
            let before_156 = d.V_reset;
            let before_157 = d.refractory_steps;
            s.V_m = before_156;
            s.w = w_155;
            s.refractory = before_157;
        }

        fn broken_rule(&self) -> Option<(&'static str, String)> {
            type R = f64;
            let truth_158 = Real::above(R::of(1.0), R::of(0.0));
            let truth_159 = Real::above(self.V_th, self.V_reset);
            let truth_160 = R::and(truth_158, truth_159);
            let V_reset_161 = R::choose(truth_160, R::of(1.0), R::of(0.0));
            if !(V_reset_161 != 0.0) {
                return Some(("V_reset", "< V_th".to_owned()));
            }
            None
        }

        fn silent_steps(&self, dt: f64) -> u64 {
            refractory_steps(self.t_ref, dt) as u64
        }
    }
}
