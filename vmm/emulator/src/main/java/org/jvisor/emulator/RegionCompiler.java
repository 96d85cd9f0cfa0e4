package org.jvisor.emulator;

import static org.jvisor.emulator.RegionLocals.AT;
import static org.jvisor.emulator.RegionLocals.C;
import static org.jvisor.emulator.RegionLocals.CARRY;
import static org.jvisor.emulator.RegionLocals.COUNT;
import static org.jvisor.emulator.RegionLocals.INSN;
import static org.jvisor.emulator.RegionLocals.REGION;
import static org.jvisor.emulator.RegionLocals.RES;
import static org.jvisor.emulator.RegionLocals.THIS;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jvisor.emulator.math.LaneMoves;
import org.jvisor.emulator.math.Lanes;
import org.jvisor.emulator.math.SseFloat;
import org.jvisor.emulator.math.WideLanes;

/** Makes a {@link Region}: writes its class from a {@link RegionPlan} and defines it. */
final class RegionCompiler {
    /** HotSpot does not compile longer methods; a little less, for what comes last. */
    static final int MAX_BYTECODE = 7500;

    /**
     * What a run that goes nowhere does first: nothing once it is compiled, but enough before for
     * {@link RegionService} to tell the difference.
     */
    private static final int NOWHERE_STEPS = 150;

    private static final ClassDesc TRANSLATED =
            ClassDesc.of("org.jvisor.emulator.TranslatedRegion");

    /**
     * For {@link Lockstep}, where HotSpot is to do as it likes: the launcher's options would have a
     * CPU wait for the compilation of each of many more regions.
     */
    private static final ClassDesc COMPARED = ClassDesc.of("org.jvisor.emulator.ComparedRegion");

    private static final ClassDesc PLAN = ClassDesc.of("org.jvisor.emulator.RegionPlan");
    private static final ClassDesc INSNS = INSN.arrayType();
    private static final MethodTypeDesc CONSTRUCTOR =
            MethodTypeDesc.of(ConstantDescs.CD_void, PLAN);
    private static final MethodTypeDesc RUN = RegionAssembler.type("(Lorg/jvisor/emulator/Cpu;I)I");
    private static final MethodTypeDesc TO_PAGE =
            RegionAssembler.type("(Lorg/jvisor/emulator/Cpu;I)V");
    private static final MethodTypeDesc END =
            RegionAssembler.type("(Lorg/jvisor/emulator/Cpu;IIJJ)I");

    static {
        // HotSpot compiles a call to a class that is not loaded yet to a way out of the method
        List<Class<?>> called =
                List.of(
                        RegionMemory.class,
                        RegionFlags.class,
                        RegionDivision.class,
                        RegionFloat.class,
                        RegionFloatSlow.class,
                        RegionWide.class,
                        RegionBits.class,
                        SseInsn.class,
                        SseArith.class,
                        SseFloat.class,
                        Lanes.class,
                        LaneMoves.class,
                        WideLanes.class,
                        Ordered.class,
                        Atomics.class,
                        GuestFault.class);
        try {
            for (Class<?> c : called) {
                MethodHandles.lookup().ensureInitialized(c);
            }
        } catch (IllegalAccessException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private int length;

    /** Bytes of bytecode of the last class. */
    int length() {
        return length;
    }

    /**
     * Translates a plan. It may turn out longer than {@link #MAX_BYTECODE}: see {@link #length}.
     *
     * @return the class file
     */
    byte[] translate(RegionPlan plan) {
        BitSet constants = new BitSet();
        byte[] bytes = ClassFile.of().build(self(plan), cb -> classBody(cb, plan, constants));
        length = codeLength(bytes);
        return bytes;
    }

    private static ClassDesc self(RegionPlan plan) {
        return plan.logged ? COMPARED : TRANSLATED;
    }

    private static int codeLength(byte[] bytes) {
        return ClassFile.of().parse(bytes).methods().stream()
                .filter(m -> m.methodName().equalsString("run"))
                .flatMap(m -> m.findAttribute(Attributes.code()).stream())
                .mapToInt(CodeAttribute::codeLength)
                .sum();
    }

    /** Loads a class made by {@link #translate}. */
    static Region define(RegionPlan plan, byte[] bytes) {
        try {
            MethodHandles.Lookup lookup =
                    MethodHandles.lookup().defineHiddenClassWithClassData(bytes, plan.insns, true);
            return (Region)
                    lookup.findConstructor(
                                    lookup.lookupClass(),
                                    java.lang.invoke.MethodType.methodType(
                                            void.class, RegionPlan.class))
                            .invoke(plan);
        } catch (Throwable e) {
            throw new IllegalStateException("cannot define the translation of " + plan, e);
        }
    }

    private void classBody(ClassBuilder cb, RegionPlan plan, BitSet constants) {
        cb.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER);
        cb.withSuperclass(REGION);
        cb.withMethodBody(
                ConstantDescs.INIT_NAME,
                CONSTRUCTOR,
                0,
                b ->
                        b.aload(0)
                                .aload(1)
                                .invokespecial(REGION, ConstantDescs.INIT_NAME, CONSTRUCTOR)
                                .return_());
        cb.withMethodBody("run", RUN, ClassFile.ACC_FINAL, b -> run(b, plan, constants));
        for (int i = constants.nextSetBit(0); i >= 0; i = constants.nextSetBit(i + 1)) {
            cb.withField(RegionAssembler.name(i), INSN, ClassFile.ACC_STATIC | ClassFile.ACC_FINAL);
        }
        if (!constants.isEmpty()) {
            cb.withMethodBody(
                    ConstantDescs.CLASS_INIT_NAME,
                    ConstantDescs.MTD_void,
                    ClassFile.ACC_STATIC,
                    b -> initialize(b, self(plan), constants));
        }
    }

    /** Takes the constants from the class data. */
    private static void initialize(CodeBuilder b, ClassDesc self, BitSet constants) {
        b.ldc(
                java.lang.constant.DynamicConstantDesc.ofNamed(
                        ConstantDescs.ofConstantBootstrap(
                                ClassDesc.of("java.lang.invoke.MethodHandles"),
                                "classData",
                                ConstantDescs.CD_Object),
                        ConstantDescs.DEFAULT_NAME,
                        INSNS));
        b.astore(0);
        for (int i = constants.nextSetBit(0); i >= 0; i = constants.nextSetBit(i + 1)) {
            b.aload(0).loadConstant(i).aaload().putstatic(self, RegionAssembler.name(i), INSN);
        }
        b.return_();
    }

    private void run(CodeBuilder b, RegionPlan plan, BitSet constants) {
        RegionAssembler a = new RegionAssembler(b, plan, self(plan));
        Label start = b.newLabel();
        Label end = b.newLabel();
        Label somewhere = b.newLabel();
        b.iload(AT).ifge(somewhere);
        for (int i = 0; i < NOWHERE_STEPS; i++) {
            b.iinc(AT, 1);
        }
        b.iconst_0().ireturn();
        b.labelBinding(somewhere);
        a.loadContext(a.xmmUsed != 0);
        a.loadFlags();
        a.loadRegisters(a.generalUsed, a.xmmUsed);
        b.iconst_0().istore(COUNT);
        b.labelBinding(start);
        enter(a);
        int at = 0;
        for (int i = 0; i < plan.blocks.length; i++) {
            block(a, i, at);
            at += plan.blocks[i].code.length;
        }
        EmitControl.dispatch(a);
        b.labelBinding(a.leave);
        a.storeFlags();
        a.storeRegistersAtEnd();
        b.labelBinding(a.left);
        a.storeCount();
        b.loadConstant(Region.LEFT).ireturn();
        b.labelBinding(end);
        b.labelBinding(a.stop);
        a.storeRegistersAtEnd();
        finish(b, "stopped");
        b.labelBinding(a.miss);
        a.storeRegistersAtEnd();
        finish(b, "missed");
        Label handler = b.newLabel();
        b.labelBinding(handler);
        a.storeRegistersAtEnd();
        b.aload(THIS).aload(C).iload(AT).invokevirtual(REGION, "toPageOf", TO_PAGE);
        b.labelBinding(a.faulted);
        b.pop();
        finish(b, "faulted");
        b.exceptionCatch(start, end, handler, RegionLocals.FAULT);
        constants.or(a.constants);
    }

    private static void finish(CodeBuilder b, String how) {
        b.aload(THIS).aload(C).iload(AT).iload(COUNT).lload(RES).lload(CARRY);
        b.invokevirtual(REGION, how, END).ireturn();
    }

    private static void enter(RegionAssembler a) {
        if (a.labels.length == 1) {
            return;
        }
        List<SwitchCase> cases = new ArrayList<>();
        for (int i = 1; i < a.labels.length; i++) {
            if (a.plan.deltas[i] == 0) {
                cases.add(SwitchCase.of(i, a.labels[i]));
            }
        }
        a.b.iload(AT).lookupswitch(a.labels[0], cases);
    }

    private static void block(RegionAssembler a, int number, int first) {
        Block block = a.plan.blocks[number];
        a.b.labelBinding(a.labels[number]);
        a.delta = a.plan.deltas[number];
        a.flags = FlagSource.UNKNOWN;
        a.sseChecked = false;
        a.quickChecked = false;
        int length = block.code.length;
        for (int i = 0; i < length; i++) {
            Insn insn = a.plan.insns[first + i];
            a.at = first + i;
            if (insn.form.is(Form.Attr.END)) {
                EmitControl.end(a, number, insn);
                return;
            }
            Emitters.Emitter emitter = Emitters.of(insn);
            if (emitter == null || !emitter.emit(a, insn)) {
                EmitControl.interpret(a, insn);
            }
        }
        a.b.iinc(COUNT, length);
        EmitControl.jump(a, number, block.end);
    }
}
