package org.jvisor.emulator;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.jvisor.emulator.RegionQueue.Request;
import org.jvisor.emulator.TranslationLog.Outcome;
import org.jvisor.vmm.api.TranslationStatistics;

/**
 * Decides what is translated and has it done in the background: the hottest block that waits comes
 * first. One of bytecode is used once HotSpot has compiled it, so that the CPUs never run it in the
 * bytecode interpreter.
 */
final class RegionService {
    /** How often a block is interpreted before it is translated. */
    static final int HOT =
            Integer.getInteger("org.jvisor.emulator.hot", HostSupport.EXPECTED ? 50 : 1000);

    private final Rendezvous rendezvous;
    private final CodeCache code;

    /** Made when they are needed first, by the translator's thread: they take a while. */
    private @Nullable HostCompiler forHost;

    private @Nullable RegionCompiler forBytecode;
    private final RegionQueue queue = new RegionQueue();
    private final AtomicBoolean started = new AtomicBoolean();

    RegionService(Rendezvous rendezvous, CodeCache code) {
        this.rendezvous = rendezvous;
        this.code = code;
    }

    /**
     * Whether HotSpot compiles translated code when it is asked to, before it is used: the options
     * of the launcher say so. Without them it would run in the bytecode interpreter at first, far
     * slower than interpreted by us.
     */
    static final boolean ENABLED = Boolean.getBoolean("org.jvisor.emulator.translate");

    /** Asks for the translation of a hot block and what belongs to it; on a CPU's thread. */
    void request(Cpu c, Block root) {
        root.requested = true;
        if (ENABLED || c.lockstep != null || HostSupport.EXPECTED) {
            add(new Request(c, root, null));
        }
    }

    private static RegionPlan.Access access(Cpu c, Block root) {
        if (HostCompiler.takes(root.page)) {
            return RegionPlan.Access.HOST;
        }
        if (c.lockstep != null) {
            return RegionPlan.Access.LOGGED;
        }
        return RegionPlan.Access.LEAVING;
    }

    /** Asks for a region with calls in place of one that is left for the interpreter too often. */
    void requestCalls(Cpu c, Block root) {
        Region region = root.region;
        boolean inexact = c.board.counted && c.lockstep == null; // what is called sees no count
        boolean host = region instanceof HostRegion; // it goes on by itself
        if (region != null && !host && !region.plan.calls && !inexact) {
            add(new Request(c, root, region));
        }
    }

    private void add(Request request) {
        if (queue.add(request) && started.compareAndSet(false, true)) {
            Thread.ofPlatform().daemon().name("jvisor translator").start(this::work);
        }
    }

    /** Stops translating. */
    void close() {
        queue.close();
    }

    /** The counts so far. */
    TranslationStatistics statistics() {
        return code.log.statistics(
                new TranslationStatistics.Kept(code.decoded(), code.translated(), queue.size()));
    }

    private void work() {
        try {
            for (Request request = queue.take(); request != null; request = queue.take()) {
                tryTranslate(request);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What cannot be translated stays interpreted, and the others still have their turn. */
    private void tryTranslate(Request request) {
        code.log.begin();
        try {
            translate(request);
        } catch (RuntimeException | LinkageError e) {
            code.log.end(Outcome.FAILED, null, 0);
            Lockstep lockstep = request.cpu().lockstep;
            if (lockstep != null) {
                lockstep.failed(e); // there to find what is wrong with the translator
            }
        }
    }

    private void translateForHost(Request request) {
        RegionPlan plan = plan(request, RegionPlan.MAX_HOST_INSNS);
        if (plan == null) {
            code.log.end(Outcome.OBSOLETE, null, 0);
            return;
        }
        HostCompiler compiler = forHost;
        if (compiler == null) {
            compiler = new HostCompiler();
            forHost = compiler;
        }
        HostRegion region = compiler.compile(plan, code.hostCode());
        if (region == null) {
            code.log.end(Outcome.NOT_COMPILED, plan, 0);
            return;
        }
        code.log.written();
        code.log.compiled();
        Outcome outcome = install(plan, region, region.size(), null) ? Outcome.USED : Outcome.LATE;
        code.log.end(outcome, plan, region.size());
    }

    private void translate(Request request) {
        if (HostCompiler.takes(request.root().page)) {
            translateForHost(request);
        } else if (ENABLED || request.cpu().lockstep != null) {
            translateToBytecode(request);
        } else {
            code.log.end(Outcome.OBSOLETE, null, 0);
        }
    }

    private void translateToBytecode(Request request) {
        RegionCompiler compiler = forBytecode;
        if (compiler == null) {
            compiler = new RegionCompiler();
            forBytecode = compiler;
        }
        int limit = RegionPlan.MAX_INSNS;
        RegionPlan plan;
        byte[] bytes;
        do {
            plan = plan(request, limit);
            if (plan == null) {
                code.log.end(Outcome.OBSOLETE, null, 0);
                return;
            }
            bytes = compiler.translate(plan);
            limit = plan.insns.length * 3 / 4;
        } while (compiler.length() > RegionCompiler.MAX_BYTECODE && plan.blocks.length > 1);
        Outcome outcome = Outcome.TOO_LONG;
        if (compiler.length() <= RegionCompiler.MAX_BYTECODE) {
            Region region = RegionCompiler.define(plan, bytes);
            outcome = compile(plan, region, compiler.length(), request);
        }
        code.log.end(outcome, plan, compiler.length());
    }

    private Outcome compile(RegionPlan plan, Region region, int bytecode, Request request) {
        code.log.written();
        boolean compiled =
                request.cpu().lockstep != null
                        || CompileCheck.compiled(() -> time(region, request.cpu()));
        code.log.compiled();
        if (!compiled) {
            return Outcome.NOT_COMPILED;
        }
        return install(plan, region, bytecode, request.instead()) ? Outcome.USED : Outcome.LATE;
    }

    private static long time(Region region, Cpu any) {
        long before = System.nanoTime();
        region.run(any, Region.NOWHERE);
        return System.nanoTime() - before;
    }

    /** What to translate now for a request, or null if there is nothing left to do. */
    private @Nullable RegionPlan plan(Request request, int limit) {
        Block root = request.root();
        rendezvous.lock(); // a block that is killed meanwhile would lose its instructions
        try {
            if (root.page.dead
                    || root.offset < 0
                    || !Objects.equals(root.region, request.instead())) {
                return null;
            }
            return request.instead() != null
                    ? RegionPlan.after(request.instead(), root, limit)
                    : RegionPlan.around(root, limit, access(request.cpu(), root));
        } finally {
            rendezvous.unlock();
        }
    }

    /** Has the blocks use a region; false if there is none left to use it. */
    private boolean install(
            RegionPlan plan, Region region, int bytecode, @Nullable Region instead) {
        boolean used = false;
        rendezvous.lock();
        try {
            if (region instanceof HostRegion host) {
                if (!host.isThere()) {
                    return false;
                }
            } else {
                code.translated(bytecode);
            }
            for (int i = 0; i < plan.blocks.length && !plan.page.dead; i++) {
                Block block = plan.blocks[i];
                // a block keeps its first region, and its entry there
                if (plan.deltas[i] == 0 && Objects.equals(block.region, instead)) {
                    block.entry = i;
                    block.region = region;
                    used = true;
                }
            }
            if (used && instead == null) {
                plan.page.regions++;
            } else if (used) {
                code.log.replaced();
            }
        } finally {
            rendezvous.unlock();
        }
        return used;
    }
}
