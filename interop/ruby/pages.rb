# Renders each page of Sidekiq's Web UI, detail pages too, and prints as JSON what a person would
# see: {"sidekiq": "7.3.2", "pages": {"/busy": {"status": 200, "rows": [["cell", …], …], "text": "…"}, …}}.
# Exits 1 if any page is not a 200.

require_relative "browser"

Stack.parse("Usage: pages.rb [--redis URL]") {}

browser = Browser.new
visited = {}
visit = lambda do |path|
  page = visited[path] ||= browser.get(path)
  page
end

visit["/"]
visit["/busy"]
visit["/stats"]
visit["/stats/queues"]
folders = %w[queues retries scheduled morgue]
folders << "metrics" if Sidekiq::Web::DEFAULT_TABS.value?("metrics")
folders.each { |folder| visit["/#{folder}"].links(folder).each(&visit) }

pages = visited.transform_values do |page|
  {status: page.status, error: page.error, rows: page.rows, text: page.text}.compact
end
puts JSON.pretty_generate(sidekiq: Sidekiq::VERSION, pages: pages)

broken = visited.reject { |_, page| page.ok? }
broken.each { |path, page| warn "#{path}: #{page.status} #{page.error}" }
exit broken.empty?
