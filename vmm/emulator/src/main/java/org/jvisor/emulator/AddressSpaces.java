package org.jvisor.emulator;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which translations are held, by view and by process-context identifier (SDM 3A §4.10.1), and what
 * of them must go when. The user's views exist once for each of the few PCIDs used last; the
 * supervisor's are shared, as what it uses is nearly all global, and lose the rest with every
 * change of PCID. Without CR4.PCIDE there is but the PCID 0.
 */
final class AddressSpaces {
    /** PCIDs whose translations are kept: Linux uses six in turn. */
    static final int SPACES = 8;

    private static final int NO_PCID = -1;

    private final Mmu mmu;
    private final FetchTlb fetches;

    private final TlbView supervisor = new TlbView(SPACES);
    private final TlbView smapOff = new TlbView(SPACES + 1);

    /** By space, made when needed. */
    private final @Nullable TlbView[] user = new TlbView[SPACES];

    /** The PCID of each space. */
    private final int[] pcids = new int[SPACES];

    /** The space in use. */
    private int current;

    /** The space to be taken for the next new PCID. */
    private int victim;

    AddressSpaces(Mmu mmu, FetchTlb fetches) {
        this.mmu = mmu;
        this.fetches = fetches;
        Arrays.fill(pcids, NO_PCID);
        pcids[0] = 0;
        mmu.setView(Mmu.SUPERVISOR, supervisor.entries, supervisor.segment);
        mmu.setView(Mmu.SMAP_OFF, smapOff.entries, smapOff.segment);
        use(0);
    }

    private void use(int space) {
        TlbView v = user[space];
        if (v == null) {
            v = new TlbView(space);
            user[space] = v;
        }
        current = space;
        mmu.setView(Mmu.USER, v.entries, v.segment);
    }

    /** The number of the space in use. */
    int current() {
        return current;
    }

    /** The array behind a view that is filled. */
    TlbView view(int view) {
        return switch (view) {
            case Mmu.SUPERVISOR -> supervisor;
            case Mmu.SMAP_OFF -> smapOff;
            default -> use();
        };
    }

    private TlbView use() {
        TlbView v = user[current];
        if (v == null) {
            throw new IllegalStateException("no view of space " + current);
        }
        return v;
    }

    /**
     * Makes {@code pcid} the current one.
     *
     * @param keep whether its translations are kept, rather than those of global pages only
     */
    void load(int pcid, boolean keep) {
        flushShared();
        int space = find(pcid);
        if (space < 0) {
            victim = (victim + 1) % SPACES;
            if (victim == current) {
                victim = (victim + 1) % SPACES;
            }
            space = victim;
            pcids[space] = pcid;
            flushSpace(space);
        } else if (!keep) {
            flushSpace(space);
        }
        if (space != current) {
            use(space);
        }
    }

    private int find(int pcid) {
        if (pcids[current] == pcid) {
            return current;
        }
        for (int i = 0; i < SPACES; i++) {
            if (pcids[i] == pcid) {
                return i;
            }
        }
        return -1;
    }

    /** Forgets what is not global of the current PCID in the views shared by all. */
    private void flushShared() {
        supervisor.flushNonGlobal();
        smapOff.flushNonGlobal();
        fetches.flushSupervisor();
    }

    private void flushSpace(int space) {
        TlbView v = user[space];
        if (v != null) {
            v.flushNonGlobal();
        }
        fetches.flushSpace(space);
    }

    /** Forgets everything, and starts anew with {@code pcid}. */
    void flush(int pcid) {
        supervisor.flush();
        smapOff.flush();
        for (TlbView v : user) {
            if (v != null) {
                v.flush();
            }
        }
        fetches.flush();
        Arrays.fill(pcids, NO_PCID);
        pcids[current] = pcid;
    }

    /** Forgets what is not global of one PCID. */
    void flushPcid(int pcid) {
        int space = find(pcid);
        if (space < 0) {
            return;
        }
        flushSpace(space);
        if (space == current) {
            flushShared();
        }
    }

    /** Forgets what is not global of every PCID. */
    void flushNonGlobal() {
        flushShared();
        for (int i = 0; i < SPACES; i++) {
            flushSpace(i);
        }
    }

    /** Forgets a page in all views: more than INVLPG asks for, which is allowed. */
    void invalidatePage(long a) {
        supervisor.invalidate(a);
        smapOff.invalidate(a);
        for (TlbView v : user) {
            if (v != null) {
                v.invalidate(a);
            }
        }
        fetches.invalidatePage(a);
    }

    /**
     * Whether some entry lets a physical page be written. On any CPU's thread.
     *
     * @param where as {@link TlbView#alsoAt} tells, not nowhere
     */
    boolean hasWriteTag(long physicalPage, int where) {
        if (where != TlbView.ANYWHERE) {
            TlbView v = numbered(TlbView.numberAt(where));
            return v != null && v.hasWriteTag(physicalPage, where);
        }
        for (int i = 0; i < SPACES + 2; i++) {
            TlbView v = numbered(i);
            if (v != null && v.hasWriteTag(physicalPage, where)) {
                return true;
            }
        }
        return false;
    }

    /** Makes writes to a physical page miss; {@code where} as in {@link #hasWriteTag}. */
    void dropWriteTags(long physicalPage, int where) {
        for (int i = 0; i < SPACES + 2; i++) {
            TlbView v = numbered(i);
            if (v != null && (where == TlbView.ANYWHERE || TlbView.numberAt(where) == i)) {
                v.dropWriteTags(physicalPage, where);
            }
        }
    }

    private @Nullable TlbView numbered(int number) {
        return number == SPACES ? supervisor : number > SPACES ? smapOff : user[number];
    }
}
