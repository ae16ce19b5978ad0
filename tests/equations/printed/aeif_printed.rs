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
        V_m: "mV" = Parameter("E_L"), Some("E_L"), Any, "membrane potential";
        w: "pA" = At(0.0), None, Any, "adaptation current";
        g_ex: "nS" = At(0.0), None, Any, "excitation";
        g_in: "nS" = At(0.0), None, Any, "inhibition";
        refractory: "steps" = At(0.0), None, Steps, "steps left of the refractory period";
        margin: "" = At(-1.0), None, Any, "what the last step is above its threshold by";
    }
    derived { a, b, I_e, refractory_steps, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17 }
    channels {
        "ex": "nS", NonNegative;
        "in": "nS", Magnitude;
    }
    multiple = false;
    #[allow(non_snake_case, unused_variables)]
    impl {
        fn derive(&self, dt: f64) -> Derived<f64> {
            type R = f64;
            let c1_1 = self.V_reset - self.E_L;
            let c2_2 = Real::over(dt, R::of(9.0));
            let c3_3 = self.V_peak - self.E_L;
            let c4_4 = self.g_L * self.Delta_T;
            let c5_5 = self.V_th - self.E_L;
            let c6_6 = Real::over(R::of(1.0), self.Delta_T);
            let c7_7 = -self.g_L;
            let c8_8 = self.E_ex - self.E_L;
            let c9_9 = self.E_in - self.E_L;
            let c10_10 = Real::over(R::of(1.0), self.C_m);
            let c11_11 = Real::over(R::of(1.0), self.tau_w);
            let ratio_12 = Real::over(R::of(-1.0), self.tau_syn_ex);
            let ratio_13 = Real::over(R::of(-1.0), self.tau_syn_in);
            let c12_14 = c2_2 * R::of(0.5);
            let product_15 = c12_14 * ratio_12;
            let c13_16 = Real::exp(product_15);
            let product_17 = c12_14 * ratio_13;
            let c14_18 = Real::exp(product_17);
            let product_19 = c2_2 * ratio_12;
            let c15_20 = Real::exp(product_19);
            let product_21 = c2_2 * ratio_13;
            let c16_22 = Real::exp(product_21);
            let c17_23 = c2_2 * R::of(0.16666666666666666);
            Derived {
                a: self.a,
                b: self.b,
                I_e: self.I_e,
                refractory_steps: refractory_steps(self.t_ref, dt),
                c1: c1_1,
                c2: c2_2,
                c3: c3_3,
                c4: c4_4,
                c5: c5_5,
                c6: c6_6,
                c7: c7_7,
                c8: c8_8,
                c9: c9_9,
                c10: c10_10,
                c11: c11_11,
                c12: c12_14,
                c13: c13_16,
                c14: c14_18,
                c15: c15_20,
                c16: c16_22,
                c17: c17_23,
            }
        }

        #[inline(always)]
        fn advance<R: Real>(d: &Derived<R>, s: &mut State<R>, input: &[R], current: R) {
            let mut V_m_24 = s.V_m;
            let mut w_25 = s.w;
            let mut g_ex_26 = s.g_ex;
            let mut g_in_27 = s.g_in;
            let mut refractory_28 = s.refractory;
            for _ in 0..9 {
                let truth_30 = Real::above(refractory_28, R::of(0.0));
                let truth_31 = Real::above(V_m_24, d.c3);
                let chosen_32 = R::choose(truth_31, d.c3, V_m_24);
                let difference_33 = chosen_32 - d.c5;
                let product_34 = difference_33 * d.c6;
                let exponential_35 = Real::exp(product_34);
                let product_36 = d.c4 * exponential_35;
                let product_37 = d.c7 * chosen_32;
                let sum_38 = product_37 + product_36;
                let difference_39 = chosen_32 - d.c8;
                let product_40 = g_ex_26 * difference_39;
                let difference_41 = sum_38 - product_40;
                let difference_42 = chosen_32 - d.c9;
                let product_43 = g_in_27 * difference_42;
                let difference_44 = difference_41 - product_43;
                let difference_45 = difference_44 - w_25;
                let sum_46 = difference_45 + d.I_e;
                let sum_47 = sum_46 + current;
                let product_48 = sum_47 * d.c10;
                let product_49 = d.a * chosen_32;
                let difference_50 = product_49 - w_25;
                let product_51 = difference_50 * d.c11;
                let product_52 = product_48 * d.c12;
                let product_53 = product_51 * d.c12;
                let product_54 = g_ex_26 * d.c13;
                let product_55 = g_in_27 * d.c14;
                let sum_56 = V_m_24 + product_52;
                let sum_57 = w_25 + product_53;
                let chosen_58 = R::choose(truth_30, d.c1, sum_56);
                let truth_59 = Real::above(chosen_58, d.c3);
                let chosen_60 = R::choose(truth_59, d.c3, chosen_58);
                let difference_61 = chosen_60 - d.c5;
                let product_62 = difference_61 * d.c6;
                let exponential_63 = Real::exp(product_62);
                let product_64 = d.c4 * exponential_63;
                let product_65 = d.c7 * chosen_60;
                let sum_66 = product_65 + product_64;
                let difference_67 = chosen_60 - d.c8;
                let product_68 = product_54 * difference_67;
                let difference_69 = sum_66 - product_68;
                let difference_70 = chosen_60 - d.c9;
                let product_71 = product_55 * difference_70;
                let difference_72 = difference_69 - product_71;
                let difference_73 = difference_72 - sum_57;
                let sum_74 = difference_73 + d.I_e;
                let sum_75 = sum_74 + current;
                let product_76 = sum_75 * d.c10;
                let product_77 = d.a * chosen_60;
                let difference_78 = product_77 - sum_57;
                let product_79 = difference_78 * d.c11;
                let product_80 = product_76 * d.c12;
                let product_81 = product_79 * d.c12;
                let sum_82 = V_m_24 + product_80;
                let sum_83 = w_25 + product_81;
                let chosen_84 = R::choose(truth_30, d.c1, sum_82);
                let truth_85 = Real::above(chosen_84, d.c3);
                let chosen_86 = R::choose(truth_85, d.c3, chosen_84);
                let difference_87 = chosen_86 - d.c5;
                let product_88 = difference_87 * d.c6;
                let exponential_89 = Real::exp(product_88);
                let product_90 = d.c4 * exponential_89;
                let product_91 = d.c7 * chosen_86;
                let sum_92 = product_91 + product_90;
                let difference_93 = chosen_86 - d.c8;
                let product_94 = product_54 * difference_93;
                let difference_95 = sum_92 - product_94;
                let difference_96 = chosen_86 - d.c9;
                let product_97 = product_55 * difference_96;
                let difference_98 = difference_95 - product_97;
                let difference_99 = difference_98 - sum_83;
                let sum_100 = difference_99 + d.I_e;
                let sum_101 = sum_100 + current;
                let product_102 = sum_101 * d.c10;
                let product_103 = d.a * chosen_86;
                let difference_104 = product_103 - sum_83;
                let product_105 = difference_104 * d.c11;
                let product_106 = product_102 * d.c2;
                let product_107 = product_105 * d.c2;
                let g_ex_108 = g_ex_26 * d.c15;
                let g_in_109 = g_in_27 * d.c16;
                let sum_110 = V_m_24 + product_106;
                let sum_111 = w_25 + product_107;
                let chosen_112 = R::choose(truth_30, d.c1, sum_110);
                let truth_113 = Real::above(chosen_112, d.c3);
                let chosen_114 = R::choose(truth_113, d.c3, chosen_112);
                let difference_115 = chosen_114 - d.c5;
                let product_116 = difference_115 * d.c6;
                let exponential_117 = Real::exp(product_116);
                let product_118 = d.c4 * exponential_117;
                let product_119 = d.c7 * chosen_114;
                let sum_120 = product_119 + product_118;
                let difference_121 = chosen_114 - d.c8;
                let product_122 = g_ex_108 * difference_121;
                let difference_123 = sum_120 - product_122;
                let difference_124 = chosen_114 - d.c9;
                let product_125 = g_in_109 * difference_124;
                let difference_126 = difference_123 - product_125;
                let difference_127 = difference_126 - sum_111;
                let sum_128 = difference_127 + d.I_e;
                let sum_129 = sum_128 + current;
                let product_130 = sum_129 * d.c10;
                let product_131 = d.a * chosen_114;
                let difference_132 = product_131 - sum_111;
                let product_133 = difference_132 * d.c11;
                let sum_134 = product_76 + product_102;
                let product_135 = R::of(2.0) * sum_134;
                let sum_136 = product_48 + product_135;
                let sum_137 = sum_136 + product_130;
                let sum_138 = product_79 + product_105;
                let product_139 = R::of(2.0) * sum_138;
                let sum_140 = product_51 + product_139;
                let sum_141 = sum_140 + product_133;
                let product_142 = sum_137 * d.c17;
                let sum_143 = V_m_24 + product_142;
                let product_144 = sum_141 * d.c17;
                let w_145 = w_25 + product_144;
                let V_m_146 = R::choose(truth_30, d.c1, sum_143);
                let next_147 = refractory_28;
                V_m_24 = V_m_146;
                w_25 = w_145;
                g_ex_26 = g_ex_108;
                g_in_27 = g_in_109;
                refractory_28 = next_147;
            }
            let g_ex_148 = g_ex_26 + input[0];
            let g_in_149 = g_in_27 + input[1];
            let truth_150 = Real::above(s.refractory, R::of(0.0));
            let V_m_151 = R::choose(truth_150, d.c1, V_m_24);
            let difference_152 = V_m_151 - d.c3;
            let margin_153 = R::choose(truth_150, R::of(-1.0), difference_152);
            let difference_154 = s.refractory - R::of(1.0);
            let refractory_155 = R::choose(truth_150, difference_154, s.refractory);
            s.V_m = V_m_151;
            s.w = w_25;
            s.g_ex = g_ex_148;
            s.g_in = g_in_149;
            s.refractory = refractory_155;
            s.margin = margin_153;
        }

        #[inline(always)]
        fn margin<R: Real>(d: &Derived<R>, s: &State<R>) -> R {
            s.margin
        }

        #[inline(always)]
        fn reset<R: Real>(d: &Derived<R>, s: &mut State<R>) {
            let w_156 = s.w + d.b;
            let before_157 = d.c1;
            let before_158 = d.refractory_steps;
            s.V_m = before_157;
            s.w = w_156;
            s.refractory = before_158;
        }

        fn broken_rule(&self) -> Option<(&'static str, String)> {
            type R = f64;
            let truth_159 = Real::above(R::of(1.0), R::of(0.0));
            let truth_160 = Real::above(self.V_th, self.V_reset);
            let truth_161 = R::and(truth_159, truth_160);
            let V_reset_162 = R::choose(truth_161, R::of(1.0), R::of(0.0));
            if !(V_reset_162 != 0.0) {
                return Some(("V_reset", "< V_th".to_owned()));
            }
            None
        }

        fn refractory_steps(&self, dt: f64) -> u64 {
            refractory_steps(self.t_ref, dt) as u64
        }
    }
}
